#!/usr/bin/env bash
# Proves the Docker path of the test kit: a Docker engine of our own, images made of this machine's PostgreSQL and MariaDB, and
# the suites of the kit run against them through testcontainers.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dockerd >/dev/null || {
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -q
    $sudo apt-get install -q -y --no-install-recommends docker.io
}

work=$(mktemp -d)
export DOCKER_HOST=tcp://127.0.0.1:23750
dockerd --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --userland-proxy=true --ip 127.0.0.1 \
    -H "$DOCKER_HOST" --tls=false --data-root "$work/data" --exec-root "$work/run" --pidfile "$work/pid" \
    >"$work/log" 2>&1 &
engine=$!
stop() {
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    rm -rf "$work" || true
}
trap stop EXIT
for _ in $(seq 100); do
    docker version >/dev/null 2>&1 && break
    sleep 0.2
done
docker version >/dev/null || {
    tail -n 20 "$work/log"
    exit 1
}

# An image: the server's binaries with the libraries that they load, and a start script.
tools=(/bin/sh /bin/bash /usr/bin/id /bin/mkdir /bin/chown /usr/bin/env /usr/bin/locale /bin/cat)
setpriv=$(command -v setpriv)
begin() { # user, folder of its data
    root="$work/root-$1"
    mkdir -p "$root"/{bin,etc,tmp,usr/bin,usr/lib,usr/share} "$root/$2"
    chmod 1777 "$root/tmp"
    printf 'root:x:0:0:root:/:/bin/sh\n%s:x:999:999::/%s:/bin/sh\n' "$1" "$2" >"$root/etc/passwd"
    printf 'root:x:0:\n%s:x:999:\n' "$1" >"$root/etc/group"
    copy "${tools[@]}" "$setpriv"
    libraries "${tools[@]}" "$setpriv"
}
copy() { # files, with their folders, links followed
    for file in "$@"; do
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
}
libraries() { # of these programs
    # shellcheck disable=SC2046
    copy $(ldd "$@" 2>/dev/null | grep -o '/[^ ]*' | grep -v ':$' | sort -u)
}
pack() { # port, name
    chmod +x "$root/start"
    tar -C "$root" -c . | docker import -c 'ENTRYPOINT ["/start"]' -c "EXPOSE $1" - "$2"
}

postgres() {
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    share=${bin/\/lib\//\/share\/}
    share=${share%/bin}
    begin postgres var/lib/postgresql
    mkdir -p "$root/var/run/postgresql" "$root$(dirname "$bin")" "$root$(dirname "$share")"
    cp -rL "$(dirname "$bin")" "$root$(dirname "$(dirname "$bin")")/"
    cp -rL "$share" "$root$(dirname "$share")/"
    libraries "$bin"/* "$(dirname "$bin")"/lib/*.so
    [ -d /usr/lib/locale ] && cp -rL /usr/lib/locale "$root/usr/lib/"
    [ -d /usr/share/zoneinfo ] && cp -rL /usr/share/zoneinfo "$root/usr/share/"
    cat >"$root/start" <<START
#!/bin/bash
set -e
data=/var/lib/postgresql/data
mkdir -p \$data /var/run/postgresql
chown 999:999 \$data /var/run/postgresql
as="setpriv --reuid 999 --regid 999 --clear-groups"
echo "\$POSTGRES_PASSWORD" >/tmp/password
chown 999:999 /tmp/password
\$as $bin/initdb -D \$data -U "\$POSTGRES_USER" --pwfile /tmp/password -A scram-sha-256 -E UTF8 --locale=C >/dev/null
echo "host all all all scram-sha-256" >>\$data/pg_hba.conf
exec \$as $bin/postgres -D \$data -c listen_addresses='*' -c fsync=off
START
    pack 5432 tenancy-postgres:local
}

mariadb() {
    server=$(command -v mariadbd || echo /usr/sbin/mariadbd)
    begin mysql var/lib/mysql
    copy "$server"
    libraries "$server"
    cp -rL /usr/share/mysql "$root/usr/share/"
    # The tables of the server itself, which its start script would want half a system for.
    mariadb-install-db --no-defaults --datadir="$root/var/lib/mysql" --auth-root-authentication-method=normal \
        --skip-test-db --skip-name-resolve --user=root >/dev/null
    cat >"$root/start" <<START
#!/bin/bash
set -e
chown -R 999:999 /var/lib/mysql
echo "CREATE USER root@'%' IDENTIFIED BY '\$MARIADB_ROOT_PASSWORD';" >/tmp/init
echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;" >>/tmp/init
exec setpriv --reuid 999 --regid 999 --clear-groups $server --no-defaults --datadir=/var/lib/mysql --tmpdir=/tmp \
    --socket=/tmp/socket --pid-file=/tmp/pid --bind-address=0.0.0.0 --skip-log-bin --skip-name-resolve \
    --innodb-flush-log-at-trx-commit=0 --init-file=/tmp/init
START
    pack 3306 tenancy-mariadb:local
}

postgres
mariadb

export TENANCY_TEST_POSTGRES=docker TENANCY_TEST_POSTGRES_IMAGE=tenancy-postgres:local CI=true
export TENANCY_TEST_MYSQL=docker TENANCY_TEST_MYSQL_IMAGE=tenancy-mariadb:local
TENANCY_CASES=500 cargo test -p tenancy-testkit --features docker --test postgres_server --test noninterference_postgres \
    --test mariadb_server --test noninterference_mariadb

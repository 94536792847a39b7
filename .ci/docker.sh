#!/usr/bin/env bash
# Proves the Docker path of the test kit: a Docker engine of our own, an image made of this machine's PostgreSQL, and the
# suites of the kit run against it through testcontainers.
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

# The image: the server's binaries with the libraries that they load, and a start script.
root="$work/root"
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
share=${bin/\/lib\//\/share\/}
share=${share%/bin}
mkdir -p "$root"/{bin,etc,tmp,var/run/postgresql,var/lib/postgresql,usr/bin}
chmod 1777 "$root/tmp"
copy() { # files, with their folders, links followed
    for file in "$@"; do
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
}
libraries() { ldd "$@" 2>/dev/null | grep -o '/[^ ]*' | grep -v ':$' | sort -u; }
mkdir -p "$root$(dirname "$bin")" "$root$(dirname "$share")"
cp -rL "$(dirname "$bin")" "$root$(dirname "$(dirname "$bin")")/"
cp -rL "$share" "$root$(dirname "$share")/"
tools=(/bin/sh /bin/bash /usr/bin/id /bin/mkdir /bin/chown /usr/bin/env /usr/bin/locale /bin/cat)
copy "${tools[@]}"
setpriv=$(command -v setpriv) && copy "$setpriv"
# shellcheck disable=SC2046
copy $(libraries "${tools[@]}" "$setpriv" "$bin"/* "$(dirname "$bin")"/lib/*.so)
[ -d /usr/lib/locale ] && mkdir -p "$root/usr/lib" && cp -rL /usr/lib/locale "$root/usr/lib/"
[ -d /usr/share/zoneinfo ] && mkdir -p "$root/usr/share" && cp -rL /usr/share/zoneinfo "$root/usr/share/"
printf 'root:x:0:0:root:/:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\npostgres:x:999:\n' >"$root/etc/group"
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
chmod +x "$root/start"
tar -C "$root" -c . | docker import -c 'ENTRYPOINT ["/start"]' -c 'EXPOSE 5432' - tenancy-postgres:local

export TENANCY_TEST_POSTGRES=docker TENANCY_TEST_POSTGRES_IMAGE=tenancy-postgres:local CI=true
TENANCY_CASES=500 cargo test -p tenancy-testkit --features docker --test postgres_server --test noninterference_postgres

# Sourced by the scripts beside it: puts what the tests need on a fresh machine.

need() { # package, command that shows that it is there
    if ! eval "$2" >/dev/null 2>&1; then
        packages+=("$1")
    fi
}

packages=()
need gcc 'command -v cc'
need postgresql 'command -v postgres || ls /usr/lib/postgresql/*/bin/postgres'
need pgbouncer 'command -v pgbouncer || test -x /usr/sbin/pgbouncer'
need mariadb-server 'command -v mariadbd || test -x /usr/sbin/mariadbd'
if [ "${#packages[@]}" -gt 0 ]; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    echo "installing: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -q
    $sudo apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

component() { # rustup component, cargo subcommand
    if ! cargo "$2" --version >/dev/null 2>&1; then
        rustup component add "$1"
    fi
}
component rustfmt fmt
component clippy clippy

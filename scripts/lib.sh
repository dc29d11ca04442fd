# Shared by the scripts beside it: finds the project, becomes root, installs what is missing.
# shellcheck shell=sh disable=SC2034  # the lists of packages are for the scripts that source this file

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python="$project/.venv/bin/python"
lab_packages="debootstrap systemd-container nftables openssh-client iproute2 util-linux procps"
# The -core packages bring MariaDB's programs without a running service.
contract_packages="mariadb-server-core mariadb-client-core mariadb-client php8.2-cli php8.2-mysql php8.2-zip \
php8.2-curl php8.2-mbstring php8.2-xml php8.2-gd php8.2-bcmath chromium openssl curl"
# The probe runs on every shell and awk that a server may have.
unit_packages="php8.2-cli busybox mawk gawk original-awk curl openssl openssh-client"

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 2
}

# The lab starts machines, so it needs root; sudo is asked once, here.
become_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || die "This needs root: run it as root, or install sudo. Mend it with: su -c '$0'"
    exec sudo -- "$0" "$@"
}

# install_packages PACKAGE...: installs only what is missing.
install_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    [ -z "$missing" ] && return
    say "Installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of package names
    apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 && return
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >/dev/null || die "apt-get could not install:$missing"
}

# The virtual environment is made anew only when requirements.txt changes.
install_python() {
    stamp="$project/.venv/requirements.sha256"
    wanted=$(sha256sum <"$project/requirements.txt")
    [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3 python3-venv
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "Python 3.11 or newer is needed here; $(python3 --version) was found. Mend it with: run this on Debian 12 or newer"
    say "Installing the Python packages of requirements.txt into .venv (about a minute)"
    python3 -m venv "$project/.venv"
    "$python" -m pip install -qq --disable-pip-version-check -r "$project/requirements.txt" ||
        die "pip could not install requirements.txt. Mend it with: $python -m pip install -r $project/requirements.txt"
    printf '%s\n' "$wanted" >"$stamp"
}

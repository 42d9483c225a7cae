#!/bin/sh
# Makes sure Debian packages are installed: as root it installs the missing ones, else it prints the command.
set -eu
missing=""
for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -eq 0 ]; then
    # No service is started because its program is wanted (invoke-rc.d(8)).
    export RUNLEVEL=1
    echo "installing$missing"
    # An old or empty package list finds nothing; refresh it only when it is needed.
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null 2>&1 || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
    }
else
    echo "missing Debian packages; run: sudo apt-get install -y$missing" >&2
    exit 1
fi

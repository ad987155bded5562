#!/bin/sh
# Gets the Debian packages that are missing, where this machine lets us; says what it cannot get.
# Reads: what is installed. Writes: nothing but through apt-get.
#
#   tools/apt.sh chromium libical3 fonts-liberation nodejs npm poppler-utils
#
# Ends with 0 when all is there, with 1 when something is missing (after one line that names it).
set -eu

WAIT_SECONDS=${APT_WAIT_SECONDS:-300}

say() { printf 'set-up: %s\n' "$*" >&2; }

has_package() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

has_library() {
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q "^[[:space:]]*$1 "
}

# A thing counts as there however it came: by apt, by hand, by another system's packages.
has() {
    case $1 in
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        libical3) has_library libical.so.3 || has_package libical3 || has_package libical3t64 ;;
        nodejs) command -v node ;;
        npm) command -v npm ;;
        poppler-utils) command -v pdftotext ;;
        *) has_package "$1" ;;
    esac >/dev/null 2>&1
}

# The name apt knows it by; Debian 13 and Ubuntu 24.04 renamed libraries with 64-bit times.
apt_name() {
    if [ "$1" = libical3 ] && apt-cache show libical3t64 >/dev/null 2>&1; then
        echo libical3t64
    else
        echo "$1"
    fi
}

without() {
    case $1 in
        chromium) echo "the tests in a real browser cannot run" ;;
        libical3) echo "libical cannot judge the calendars" ;;
        nodejs | npm) echo "ical.js cannot judge the calendars" ;;
        poppler-utils) echo "the tests cannot read the PDFs" ;;
        fonts-liberation) echo "screenshots show other letters" ;;
        *) echo "what needs it is left out" ;;
    esac
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null
}

# Another apt may be at work (unattended upgrades, a second set-up): wait for its locks, which
# DPkg::Lock::Timeout does for installing but not for reading the lists.
apt() {
    waited=0
    while :; do
        if said=$(as_root apt-get -qq -o "DPkg::Lock::Timeout=$WAIT_SECONDS" "$@" 2>&1); then
            return 0
        fi
        case $said in
            *"Could not get lock"* | *"Unable to lock"*) ;;
            *) break ;;
        esac
        [ "$waited" -lt "$WAIT_SECONDS" ] || break
        [ "$waited" -gt 0 ] || say "another apt is at work; waiting for it"
        sleep 5
        waited=$((waited + 5))
    done
    printf '%s\n' "$said" | grep -E '^(E|W): ' | head -n 3 >&2 || true
    return 1
}

missing() {
    for thing in "$@"; do
        has "$thing" || printf '%s ' "$thing"
    done
}

wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0

reason="this user may not run apt-get"
command -v apt-get >/dev/null 2>&1 || reason="this system has no apt-get"
if may_install; then
    reason="apt-get could not get it"
    say "installing by apt-get: $wanted"
    apt update || say "the lists of packages could not be refreshed; trying with the old ones"
    for thing in $wanted; do # one by one: what cannot be had does not keep back the rest
        apt install -y --no-install-recommends "$(apt_name "$thing")" || true
    done
fi

still=$(missing $wanted)
[ -n "$still" ] || exit 0
for thing in $still; do
    say "not here: $thing ($reason); without it $(without "$thing"). By hand: apt-get install $thing"
done
exit 1

#!/bin/sh
# Makes .venv with exactly the packages that requirements/ pins, and the project in it, editable.
# Reads: requirements/, pyproject.toml. Writes: .venv only. Does nothing when nothing changed.
#
#   tools/venv.sh runtime    what running needs
#   tools/venv.sh dev        all that, and what tests and checks need
#
# PYTHON=/path/to/python3.12 chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'set-up: %s\n' "$*" >&2; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
            command -v "$name"
            return 0
        fi
    done
    found=$(command -v "${PYTHON:-python3}" 2>/dev/null) || found=
    if [ -n "$found" ]; then
        version=$("$found" -V 2>&1 | head -n 1) || version=
        say "Python 3.11 or newer is needed and $found is ${version:-none}." \
            "Install a newer one, or name it: make PYTHON=/path/to/python3.12 ..."
    else
        say "Python 3.11 or newer is needed and there is none. On Debian: apt-get install python3 python3-venv"
    fi
    return 1
}

make_venv() {
    python=$(find_python)
    if ! can_make_venv "$python"; then
        # Debian keeps this module in a package of its own.
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        sh tools/apt.sh "python$version-venv" || true
        if ! can_make_venv "$python"; then
            say "$python lacks its venv module. On Debian: apt-get install python$version-venv"
            return 1
        fi
    fi
    say "making .venv with $("$python" -V) ($python)"
    "$python" -m venv --clear .venv
}

# A venv whose Python is gone, or that came along when the folder was moved or copied (its programs
# name the place where they were made), is made anew.
usable() {
    head -n 2 .venv/bin/pip 2>/dev/null | grep -qF "$(pwd -P)/.venv/bin/python" &&
        .venv/bin/python -c 'import pip' 2>/dev/null && new_enough .venv/bin/python
}
usable || make_venv

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
is_current() { cmp -s "$1" ".venv/.installed-$(basename "$1" .txt)"; }

sets="build runtime"
if [ "${1:-}" = dev ] || is_current requirements/dev.txt; then
    sets=dev # holds the other two
fi
for set in $sets; do
    if is_current "requirements/$set.txt"; then
        continue
    fi
    say "installing requirements/$set.txt (hashes checked)"
    if ! .venv/bin/python -m pip install --quiet --require-hashes -r "requirements/$set.txt"; then
        say "the packages of requirements/$set.txt could not be installed; pip says why above." \
            "Behind a proxy or with a package mirror, set it in pip's own configuration."
        exit 1
    fi
    cp "requirements/$set.txt" ".venv/.installed-$set"
done

if ! is_current pyproject.toml; then
    say "installing the project itself, editable"
    .venv/bin/python -m pip install --quiet --no-deps --no-index --no-build-isolation --editable .
    cp pyproject.toml .venv/.installed-pyproject.toml
fi

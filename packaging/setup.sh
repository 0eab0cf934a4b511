#!/usr/bin/env bash
# Sets up what ONNX Inspector needs in this folder, and nothing when it is there already.
#
#   bash packaging/setup.sh            what the program needs
#   bash packaging/setup.sh --tests    what its tests need as well
#   bash packaging/setup.sh --check    changes nothing; exit code 0 if the program is set up, else 1
#
# It leaves .venv/bin/onnx-inspector. PYTHON names the interpreter to use, if not the first that fits.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

readonly venv=.venv
readonly torch=2.13.0
readonly torch_cpu_index=https://download.pytorch.org/whl/cpu

# A shared library, and the Debian package it comes in. Qt wants the first group in every case and
# the second for a window on X11.
readonly libraries="
libglib-2.0.so.0        libglib2.0-0
libGL.so.1              libgl1
libEGL.so.1             libegl1
libxkbcommon.so.0       libxkbcommon0
libfreetype.so.6        libfreetype6
libfontconfig.so.1      libfontconfig1
libdbus-1.so.3          libdbus-1-3
libxkbcommon-x11.so.0   libxkbcommon-x11-0
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0       libxcb-shape0
libxcb-xkb.so.1         libxcb-xkb1
"

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Prints the Debian packages that are missing, one a line.
missing_packages() {
    [ "$(uname -s)" = Linux ] || return 0
    local known soname package
    # Root's own folder: a person's PATH often lacks it.
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || return 0
    while read -r soname package; do
        [ -z "$soname" ] && continue
        case $known in *"$soname "*) ;; *) say "$package" ;; esac
    done <<<"$libraries"
    if [ "$tests" = yes ]; then
        command -v Xvfb >/dev/null || say xvfb
        command -v xauth >/dev/null || say xauth
    fi
}

# Prints what stands before apt-get where packages can be installed without a question.
apt_prefix() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" = 0 ]; then
        say env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        say "sudo -n env"
    else
        return 1
    fi
}

# Installs Debian packages; gives 1 where that is not possible here.
apt_install() {
    local prefix output
    prefix=$(apt_prefix) || return 1
    local apt="$prefix DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"
    # One package list out of reach must not keep the others from use. The word splitting is meant.
    # shellcheck disable=SC2086
    if ! output=$({ $apt update; $apt install -y --no-install-recommends "$@"; } </dev/null 2>&1); then
        printf '%s\n' "$output" | tail -n 20 >&2
        return 1
    fi
}

set_up_libraries() {
    local wanted
    mapfile -t wanted < <(missing_packages)
    [ ${#wanted[@]} -eq 0 ] && return
    say "Installing system libraries with apt: ${wanted[*]}"
    apt_install "${wanted[@]}" || true
    mapfile -t wanted < <(missing_packages)
    [ ${#wanted[@]} -eq 0 ] && return
    say "These system packages are missing and could not be installed from here: ${wanted[*]}"
    say "Without them the window may not open. On Debian or Ubuntu, install them with:"
    say "  sudo apt-get install ${wanted[*]}"
}

find_python() {
    local candidate
    local candidates=(python3.11 python3 python3.12 python3.13)
    [ -n "${PYTHON:-}" ] && candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            say "$candidate"
            return
        fi
    done
    fail "No Python 3.11 or newer was found among: ${candidates[*]}." \
        "Install one, or name it: PYTHON=/path/to/python3.11 bash packaging/setup.sh"
}

# Makes the virtual environment. Debian ships venv without the part that puts pip into it
# (ensurepip, in python3-venv); then the system's pip, which can install into another
# environment, puts it there.
make_venv() {
    local python
    python=$(find_python)
    say "Making $venv with $("$python" --version)"
    rm -rf "$venv"
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$venv"
    elif "$python" -m venv --without-pip "$venv" 2>/dev/null &&
        "$python" -m pip --python "$venv/bin/python" install -qq pip 2>/dev/null; then
        :
    elif rm -rf "$venv" && say "Installing python3-venv with apt" && apt_install python3-venv; then
        "$python" -m venv "$venv"
    else
        rm -rf "$venv"
        fail "Python cannot make a virtual environment here: its venv or pip is missing." \
            "On Debian or Ubuntu: sudo apt-get install python3-venv"
    fi
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@" </dev/null; }

# The CPU build: from the package index in use if it has one, else from PyTorch's own.
set_up_torch() {
    if "$venv/bin/python" -c "
import importlib.metadata, sys
sys.exit(importlib.metadata.version('torch').split('+')[0] != '$torch')" 2>/dev/null; then
        return
    fi
    say "Installing PyTorch $torch, the CPU build"
    # Elsewhere than on Linux the ordinary package is the CPU build.
    if [ "$(uname -s)" = Linux ]; then
        pip install -qq --no-deps "torch==$torch+cpu" 2>/dev/null && return
        pip --retries 1 install -qq --no-deps --index-url "$torch_cpu_index" "torch==$torch" && return
        say "The CPU build could not be had; the ordinary one, which is large, will do as well."
    fi
    pip install -qq "torch==$torch"
}

set_up_packages() {
    local locks=(-r packaging/requirements.lock)
    [ "$tests" = yes ] && locks+=(-r packaging/requirements-tests.lock)
    set_up_torch
    say "Installing the Python packages of packaging/requirements.lock"
    pip install -qq "${locks[@]}"
    pip install -qq --no-deps --no-build-isolation -e .
}

# What the set-up depends on. The folder is part of it: a virtual environment cannot be moved.
fingerprint() {
    printf '%s\n' "$PWD"
    if command -v sha256sum >/dev/null; then
        sha256sum packaging/setup.sh packaging/*.lock pyproject.toml
    else
        shasum -a 256 packaging/setup.sh packaging/*.lock pyproject.toml
    fi
}

# A stamp is written last, so that an interrupted set-up starts again.
is_set_up() {
    [ -x "$venv/bin/python" ] && [ -x "$venv/bin/onnx-inspector" ] && [ -f "$venv/set-up-$1" ] &&
        [ "$(cat "$venv/set-up-$1")" = "$wanted_stamp" ]
}

tests=no
check=no
for argument in "$@"; do
    case $argument in
    --tests) tests=yes ;;
    --check) check=yes ;;
    *) fail "setup.sh does not know '$argument'. It takes --tests or --check." ;;
    esac
done

wanted_stamp=$(fingerprint)
ready=no
if is_set_up tests || { [ "$tests" = no ] && is_set_up program; }; then
    ready=yes
fi
if [ "$check" = yes ]; then
    [ "$ready" = yes ]
    exit
fi

set_up_libraries
if [ "$ready" = no ]; then
    # One whose Python has gone, or that was made in another folder, is of no use.
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 ||
        ! grep -qsF "$PWD/$venv/bin/" "$venv/bin/pip"; then
        make_venv
    fi
    rm -f "$venv"/set-up-*
    set_up_packages
    if [ "$tests" = yes ]; then stamp=tests; else stamp=program; fi
    printf '%s\n' "$wanted_stamp" >"$venv/set-up-$stamp"
    say "Ready: $venv/bin/onnx-inspector"
fi

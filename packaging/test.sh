#!/usr/bin/env bash
# Runs every check: ruff, mypy and the whole test suite, with one real window on a display of its own.
#
#   bash packaging/test.sh [what pytest takes ...]
#
# It sets up first whatever is missing. The last line is pytest's own.
set -uo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

bash packaging/setup.sh --tests || exit 1

# Qt draws into memory, except in the tests that start the program on the display below. The
# program's settings and caches go into a folder that is removed at the end.
scratch=$(mktemp -d)
display_server=
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    if [ -n "$display_server" ]; then
        kill "$display_server"
        wait "$display_server"
    fi 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
mkdir -m 700 "$scratch/runtime"
export QT_QPA_PLATFORM=offscreen ORT_DISABLE_TELEMETRY=1 PYTHONUTF8=1
export XDG_RUNTIME_DIR=$scratch/runtime XDG_CONFIG_HOME=$scratch/config
export XDG_CACHE_HOME=$scratch/cache XDG_DATA_HOME=$scratch/data XDG_STATE_HOME=$scratch/state
unset WAYLAND_DISPLAY DISPLAY

failed=()
run() {
    echo "== $*"
    "$@" </dev/null || failed+=("$1 $2")
}
bin=.venv/bin
run $bin/ruff check .
run $bin/ruff format --check .
run $bin/mypy --strict

if command -v Xvfb >/dev/null; then
    # Xvfb writes the number of the display it found free, once it can be used.
    mkfifo "$scratch/display"
    Xvfb -displayfd 3 -screen 0 1440x900x24 -nolisten tcp \
        3>"$scratch/display" >"$scratch/xvfb.log" 2>&1 </dev/null &
    display_server=$!
    if read -r -t 30 number <>"$scratch/display"; then
        export DISPLAY=:$number
    else
        echo "Xvfb did not start:"
        cat "$scratch/xvfb.log"
    fi
fi

echo "== pytest"
$bin/python -m pytest "$@" </dev/null
code=$?
if [ ${#failed[@]} -gt 0 ]; then
    echo "Also failed, see above: ${failed[*]}"
    [ $code -ne 0 ] || code=1
fi
exit $code

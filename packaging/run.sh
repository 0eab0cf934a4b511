#!/usr/bin/env bash
# Opens ONNX Inspector, with the files that are named, and sets up first whatever is missing.
#
#   bash packaging/run.sh [FILE ...]
#
# Where no window can be shown, it exports and compares the bundled sample instead.
set -euo pipefail
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly inspector=$root/.venv/bin/onnx-inspector

bash "$root/packaging/setup.sh"
export ORT_DISABLE_TELEMETRY=1

if [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" = Darwin ]; then
    exec "$inspector" "$@"
fi

readonly digits=$root/resources/samples/digits
readonly out=$root/artefacts/sample
mkdir -p "$out"
rm -f "$out/digits.onnx" "$out/report.html"

echo "There is no display here, so no window can open (DISPLAY and WAYLAND_DISPLAY are empty)."
if [ $# -gt 0 ]; then
    echo "To look at a file without a window: .venv/bin/onnx-inspector inspect FILE"
fi
echo "Instead, the bundled sample is exported and compared: a small reader of handwritten digits."
echo
"$inspector" export "$digits/digits.pt" --output "$out/digits.onnx" \
    --code "$digits/digits_net.py:DigitsNet" --trust \
    --input 'image=float32[batch=2,1,8,8]' --output-name logits </dev/null
echo
code=0
"$inspector" compare "$digits/digits.pt" "$out/digits.onnx" \
    --code "$digits/digits_net.py:DigitsNet" --trust \
    --data "$digits/samples.npz" --report "$out/report.html" </dev/null || code=$?

# Without a report nothing was judged, whatever the exit code.
[ -f "$out/report.html" ] || exit 2
case $code in
0) verdict=PASS ;;
1) verdict=FAIL ;;
3) verdict=REVIEW ;;
4) verdict="CANNOT JUDGE" ;;
*) exit "$code" ;;
esac
echo
echo "Verdict: $verdict"
echo "Report:  $out/report.html"
exit "$code"

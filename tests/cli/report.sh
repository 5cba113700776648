#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# report: a page about a whole run, a simulation and a sweep, with Chart.js and without; in a headless
# browser where there is one.
source "$(dirname "$0")/lib.sh"
cd "$work"
"$autorac" run -q --quick --set train.epochs=0.1 --set search.generations=1 -o run >log 2>&1 ||
    fail "run: $(cat log)"
"$autorac" sim -q run/design.yaml run/workload.h5 --set mvm.adc_bits=8 -o sim
"$autorac" sim -q run/design.yaml run/workload.h5 --sweep mvm.adc_bits=4,5 -o sweep

"$autorac" validate device run/design.yaml run/workload.h5 --draws 3 --set map.copies=1 --set map.replicate=1 \
    --set device.variation=lognormal -q -o sim
grep -q '"variation": "lognormal"' sim/device.json || fail "device.json: $(cat sim/device.json)"

expect 0 'page.html' "$autorac" report run sim sweep -o page.html
expect 2 'absent: has no results' "$autorac" report run absent -o page2.html
[ ! -e page2.html ] || fail "a page in spite of an error"
cp -r sim broken
echo '{"a": ' >broken/stats.json
expect 2 'broken/stats.json:' "$autorac" report broken -o page2.html
mkdir hostile
printf '{"genome": "</script><script>alert(1)</script>"}' >hostile/accuracy.json
expect 0 '' "$autorac" report hostile -o hostile.html
! grep -q '<script>alert' hostile.html || fail "data can end the script"
! grep -qE '(src|href)="?https?:' page.html || fail "the page asks the network"

chromium=$(command -v chromium || true)
if [ -z "$chromium" ] || ! command -v node >/dev/null || [ ! -d "$root/cli/page/node_modules/playwright-core" ]; then
    echo "SKIPPED in a browser: chromium, node or cli/page/node_modules is missing"
    [ "$n_failed" -eq 0 ] && exit 77
    finish
fi
grep -q 'Chart.js v' page.html || fail "Chart.js is not in the page"
# Without the library: what is between its script marks goes.
python3 - <<'PYTHON'
import re
text = open("page.html").read()
start = text.index("/*!\n * Chart.js")
open("plain.html", "w").write(text[:start] + text[text.index("</script>", start):])
PYTHON
for page in page plain; do
    node "$root/tests/page/report.mjs" "$page.html" "$chromium" || fail "$page.html in a browser"
done
finish

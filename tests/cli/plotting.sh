#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every recipe of docs/plotting runs and leaves a picture; all of them are in its README.
source "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
"$python" -c 'import h5py, matplotlib' 2>/dev/null || {
    echo "needs the Debian packages python3-h5py and python3-matplotlib"
    exit 77
}
recipes=$root/docs/plotting
export MPLCONFIGDIR=$work/mpl PYTHONDONTWRITEBYTECODE=1
cd "$work"
"$make_workload" w.h5 1 30
"$autorac" sim -q "$root/arch/presets/small.yaml" w.h5 -o run --window 64
"$autorac" sim -q "$root/arch/presets/small.yaml" w.h5 -o sweep --sweep mvm.adc_bits=5,8 --jobs 1

plot() { # plot NAME ARGUMENT...: leaves NAME.png
    "$python" "$recipes/$1.py" "${@:2}" >log 2>&1 || fail "$1: $(tail -3 log)"
    head -c 4 "$1.png" | grep -q PNG && [ "$(stat -c %s "$1.png")" -gt 5000 ] ||
        fail "$1: no picture"
}
for name in latency noc power lookups; do
    plot "$name" run/results.h5 "$name.png"
done
plot timeline run/results.h5 timeline.png 0 1500
plot energy energy.png run sweep/point_0000
plot sweep sweep/sweep.h5 sweep.png
row() { # row TIMES SECONDS BUILD
    echo "{\"grows\": \"mesh\", \"times\": $1, \"pair_s\": $2, \"logloss_s\": $2, \"sim_s\": $2, \"rtl_build_s\": $3, \"cosim_s\": $3}"
}
echo "{\"rows\": [$(row 1 0.1 9), $(row 4 0.3 null)]}" >scaling.json
plot scaling scaling.json scaling.png
for recipe in "$recipes"/*.py; do
    name=$(basename "$recipe" .py)
    [ "$name" = common ] || [ -e "$name.png" ] || fail "$name is not tested"
    [ "$name" = common ] || grep -q "^| .$name.py" "$recipes/README.md" || fail "$name is not in the README"
done
expect 1 'not autorac-results' "$python" "$recipes/latency.py" w.h5 no.png
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# results.h5: its schema as documented, read by h5py; what --trace and its kin select; what is on
# disk when a run is killed at any moment or interrupted.
source "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
"$python" -c 'import h5py' 2>/dev/null || {
    echo "needs the Debian package python3-h5py"
    exit 77
}
check=$root/tests/cli/results.py
chip=$root/arch/presets/small.yaml
cd "$work"
"$make_workload" w.h5 1 40
"$autorac" sim -q "$chip" w.h5 -o all --window 64
"$python" "$check" schema "$root/docs/file-formats.md" all || fail "schema"

# selections are what dump would have shown of everything
dump() { "$autorac" trace dump "$1/results.h5" "${@:2}"; }
unit=$(dump all --kind finish | awk '/_0 / { print $2; exit }')
"$autorac" sim -q "$chip" w.h5 -o one --trace-unit "$unit"
cmp <(dump all --unit "$unit") <(dump one) || fail "--trace-unit $unit"
"$autorac" sim -q "$chip" w.h5 -o cycles --trace-cycles 100:300
cmp <(dump all --from 100 --to 300) <(dump cycles) || fail "--trace-cycles"
"$autorac" sim -q "$chip" w.h5 -o kinds --trace start,logit --trace-requests 3:5
cmp <(dump all | awk 'NR == 1 || (($3 == "start" || $3 == "logit") && $4 >= 3 && $4 <= 5)') \
    <(dump kinds) || fail "--trace-requests"
"$autorac" sim -q "$chip" w.h5 -o none --trace none --window 0
expect 0 '^events +none recorded$' "$autorac" trace info none/results.h5
for d in one cycles kinds none; do
    cmp all/stats.txt "$d/stats.txt" || fail "$d: recording changes statistics"
done
expect 2 'no kind of event "stop"' "$autorac" sim "$chip" w.h5 -o bad --trace start,stop
expect 2 'no unit n99' "$autorac" sim "$chip" w.h5 -o bad --trace-unit n99
for range in 5:3 5 : a:b 1:2:3; do
    expect 2 'not a range as 10:20' "$autorac" sim "$chip" w.h5 -o bad --trace-cycles "$range"
done

# killed and interrupted at random moments, after the first part is there
"$make_workload" long.h5 1 30000
"$autorac" sim -q "$chip" long.h5 -o whole --trace operators
for signal in KILL KILL INT; do
    rm -rf cut
    "$autorac" sim -q "$chip" long.h5 -o cut --trace operators --flush 1 --shuffle-ties 1 &
    pid=$!
    for _ in {1..600}; do
        [ ! -e cut/results.part.h5 ] || break
        sleep 0.05
    done
    sleep "0.$((RANDOM % 10))"
    kill -s "$signal" "$pid" 2>/dev/null || true
    wait "$pid" || true
    if [ -e cut/results.h5 ]; then
        echo "note: the run ended before SIG$signal"
        continue
    fi
    expect 0 '^events' "$autorac" trace info cut/results.part.h5
    "$python" "$check" prefix cut/results.part.h5 whole/results.h5 || fail "SIG$signal: not a beginning"
done
rm -rf cut
finish

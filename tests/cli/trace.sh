#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# trace: what a results file holds, its events as text, CSV, timeline and waveform: all the same events.
source "$(dirname "$0")/lib.sh"
cd "$work"
"$make_workload" w.h5 1 8
"$autorac" sim -q "$root/arch/presets/small.yaml" w.h5 -o r
r=r/results.h5

expect 0 '^requests +8$' "$autorac" trace info "$r"
expect 0 '"requests": 8' "$autorac" trace info "$r" --json
expect 0 '^1 n[0-9]+_io start 0 0x0$' "$autorac" trace dump "$r"
expect 2 'no kind of event stop' "$autorac" trace dump "$r" --kind stop
expect 2 'no unit n99' "$autorac" trace dump "$r" --unit n99
expect 2 'give --csv DIR' "$autorac" trace convert "$r"
expect 2 'format: is "autorac-workload", not "autorac-results"' "$autorac" trace info w.h5
expect 3 'No such file' "$autorac" trace info absent.h5
head -c 3000 "$r" >cut.h5
expect 2 'cut.h5' "$autorac" trace info cut.h5
expect 3 '' "$autorac" trace convert "$r" --vcd absent/wave.vcd

"$autorac" trace convert "$r" --csv csv --perfetto timeline.json --vcd wave.vcd
"$autorac" trace dump "$r" --kind start --from 10 --to 200 >some
awk 'NR > 1 && ($3 != "start" || $1 < 10 || $1 > 200) { exit 1 }' some || fail "dump: filter: $(cat some)"
[ "$(wc -l <some)" -gt 1 ] || fail "dump: the filter keeps nothing"

if command -v python3 >/dev/null; then
    python3 - <<'PYTHON' || fail "the conversions disagree"
import collections, csv, json

events = list(csv.DictReader(open("csv/events.csv")))
requests = list(csv.DictReader(open("csv/requests.csv")))
stats = list(csv.DictReader(open("csv/stats.csv")))
count = collections.Counter((e["unit"], e["kind"]) for e in events)
assert len(requests) == 8 and len(stats) > 50
assert {s["name"]: float(s["value"]) for s in stats}["chip.n_requests"] == 8
for r in requests:
    logit = [e for e in events if e["kind"] == "logit" and e["index"] == r["request"]]
    assert len(logit) == 1 and logit[0]["cycle"] == r["finish_cycle"], r

# timeline: a span from each START to its FINISH
t = json.load(open("timeline.json"))["traceEvents"]
name = {e["pid"]: e["args"]["name"] for e in t if e["name"] == "process_name"}
spans = sorted((name[e["pid"]], e["ts"], e["ts"] + e["dur"]) for e in t if e["ph"] == "X")
start = sorted((e["unit"], int(e["cycle"])) for e in events if e["kind"] == "start")
finish = sorted((e["unit"], int(e["cycle"])) for e in events if e["kind"] == "finish")
assert [(u, a) for u, a, _ in spans] == start
assert [(u, b) for u, _, b in spans] == finish
flows = collections.Counter(e["ph"] for e in t if e["ph"] in "stf")
assert flows["s"] == flows["f"] == 8, flows
in_flight = [e["args"]["requests"] for e in t if e["name"] == "requests"]
assert in_flight[-1] == 0 and max(in_flight) > 0
sent = sum(e["args"]["flits sent"] for e in t if e["name"] == "flits sent")
assert sent == sum(n for (_, k), n in count.items() if k == "inject")

# waveform: a cycle of a signal is high for each event
scope, signal, value = None, {}, {}
high, since, now = collections.Counter(), {}, 0
for line in open("wave.vcd"):
    w = line.split()
    if w[0] == "$scope":
        scope = w[2]
    elif w[0] == "$var":
        signal[w[3]] = (scope, w[4])
    elif w[0][0] == "#":
        now = int(w[0][1:]) // 1000
    elif w[0][0] in "01":
        key = signal[w[0][1:]]
        if value.get(key) == "1":
            high[key] += now - since[key]
        value[key], since[key] = w[0][0], now
for kind in "operand", "credit", "inject", "eject":
    for unit in {u for u, _ in count}:
        assert high[unit, kind] == count[unit, kind], (unit, kind)
for unit in {u for u, _ in count}:
    busy = sum(b - a for u, a, b in spans if u == unit)
    assert high[unit, "busy"] == busy, unit
PYTHON
fi
# GTKWave's save file
expect 2 'give --vcd' "$autorac" trace convert "$r" --csv csv2 --gtkw wave.gtkw
"$autorac" trace convert "$r" --vcd wave.vcd --gtkw wave.gtkw
laid_out wave.vcd wave.gtkw
finish

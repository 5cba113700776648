#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/kernel.sh BUILD_DIR OUT_JSON: this kernel against SystemC: on the hold model, with
# the chip's network as each would model it, and with handlers of network and units the same on both.
#
# Programs take turns within a round, and time is processor time. A case's figures are medians of
# five rounds; its ratio is the median of the rounds' ratios, which a neighbour that comes and goes
# disturbs least. SystemC counts with the fastest of its styles. Fails if the programs' digests or
# numbers of events differ, or if any is not deterministic. docs/kernel.md says how to read this.
set -euo pipefail
build=$(cd "${1:?usage: kernel.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: kernel.sh BUILD_DIR OUT_JSON}
bench=$build/validation/bench
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

hold=("1000 8" "1000 1000" "10000 1000" "100000 1000" "1000 100000" "100000 100000")
n_events=1000000
units=("36 1000000" "250 150000")
mesh=("8 2 60000" "8 5 30000" "8 15 12000" "16 2 15000")
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

# round, case, program; then what the program printed
for round in 1 2 3 4 5; do
    echo "round $round of 5" >&2
    for c in "${hold[@]}"; do
        id="$round hold,${c/ /,}"
        echo "$id ours $("$bench/bench_kernel" $c $n_events)"
        echo "$id peer $("$bench/bench_kernel_systemc" $c $n_events notify)"
        echo "$id peer $("$bench/bench_kernel_systemc" $c $n_events next_trigger)"
    done
    for c in "${mesh[@]}"; do
        read -r side load _ <<<"$c"
        id="$round design,$side,$load"
        echo "$id ours $("$bench/bench_mesh" $c cycles) 0"
        echo "$id peer $("$bench/bench_mesh_signals" $c clock) 0"
        echo "$id peer $("$bench/bench_mesh_signals" $c sleep) 0"
        id="$round same,$side,$load"
        echo "$id ours $("$bench/bench_mesh" $c events) 0"
        echo "$id peer $("$bench/bench_mesh_systemc" $c notify) 0"
        echo "$id peer $("$bench/bench_mesh_systemc" $c clocked) 0"
    done
    for c in "${units[@]}"; do
        id="$round same,units,${c% *}"
        echo "$id ours $("$bench/bench_units" $c) 0"
        echo "$id peer $("$bench/bench_units_systemc" $c) 0"
    done
done >"$raw"

# columns: round, case, program, ns per event or cycle, events or flits, digest, bytes per module
awk -v out="$out" '
function median(list,    v, n, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return v[int((n + 1) / 2)] + 0
}
function label(p) {
    if (p[1] == "hold") return p[2] " modules, delay 1.." p[3]
    if (p[2] == "units") return p[3] " units, same handlers"
    return p[2] "x" p[2] " routers, load 0." sprintf("%02d", p[3]) (p[1] == "same" ? ", same handlers" : "")
}
function row(id, unit,    p, r, a, b, ours, peer, ratios, memory) {
    split(id, p, ",")
    for (r = 1; r <= rounds; r++) {
        a = ns[r, id, "ours"]; b = ns[r, id, "peer"]
        ours = ours " " a; peer = peer " " b; ratios = ratios " " b / a
    }
    ratio = median(ratios)
    if (p[1] == "hold" && p[2] == 100000)
        memory = sprintf("%d, SystemC %d", bytes[id, "ours"], bytes[id, "peer"])
    printf "%-40s %10.1f %10.1f %7.1fx %22s\n", label(p), median(ours), median(peer), ratio, memory
    printf "%s    {\"case\": \"%s\", \"unit\": \"%s\", \"ours\": %.2f, \"peer\": %.2f, \"ratio\": %.2f, \"bytes\": %d, \"peer_bytes\": %d}",
        n_rows++ ? ",\n" : "", label(p), unit, median(ours), median(peer), ratio, bytes[id, "ours"], bytes[id, "peer"] > out
    log_sum[p[1]] += log(ratio)
    n_of[p[1]]++
    if (p[1] != "same" && (!least || ratio < least)) least = ratio
}
function rows(kind, title, unit,    i) {
    printf "%-40s %10s %10s %8s %22s\n", title, "ours", "SystemC", "ratio", kind == "hold" ? "bytes a module, event" : ""
    for (i = 0; i < n; i++)
        if (index(name[i], kind ",") == 1) row(name[i], unit)
    printf "%-40s %10s %10s %7.1fx\n\n", "geometric mean", "", "", exp(log_sum[kind] / n_of[kind])
}
{
    if (!($2 in digest)) { digest[$2] = $5 " " $6; name[n++] = $2 }
    if (digest[$2] != $5 " " $6) { print $2 ": " $3 " computed something else"; failed = 1 }
    key = $1 SUBSEP $2 SUBSEP $3
    if (!(key in ns) || $4 < ns[key]) ns[key] = $4
    bytes[$2, $3] = $7
    if ($1 > rounds) rounds = $1
}
END {
    if (failed) exit 1
    printf "{\n  \"unit\": \"ns of processor time, median of %d\",\n  \"rows\": [\n", rounds > out
    rows("hold", "hold model, ns an event", "ns an event")
    rows("design", "the network, ns a cycle", "ns a cycle")
    both = exp((log_sum["hold"] + log_sum["design"] / n_of["design"]) / (n_of["hold"] + 1)) # the network: one case
    printf "%-40s %10s %10s %7.1fx  (least row %.1fx)\n\n", "geometric mean, the network as one case", "", "", both, least
    rows("same", "same handlers, ns an event", "ns an event")
    printf "\n  ],\n  \"geomean_hold\": %.2f,\n  \"geomean_design\": %.2f,\n  \"geomean\": %.2f,\n  \"min\": %.2f,\n  \"geomean_same_handlers\": %.2f\n}\n",
        exp(log_sum["hold"] / n_of["hold"]), exp(log_sum["design"] / n_of["design"]), both, least,
        exp(log_sum["same"] / n_of["same"]) > out
}' "$raw"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/kernel.sh BUILD_DIR OUT_JSON: this kernel against SystemC: on the hold model, and
# under the chip's own routers.
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
n_events=2000000
mesh=("8 2 120000" "8 15 30000" "16 2 30000")
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
        id="$round mesh,$side,$load"
        echo "$id ours $("$bench/bench_mesh" $c) 0"
        echo "$id peer $("$bench/bench_mesh_systemc" $c notify) 0"
        echo "$id peer $("$bench/bench_mesh_systemc" $c clocked) 0"
    done
done >"$raw"

# columns: round, case, program, ns per event, events, digest, bytes per module
awk -v out="$out" '
function median(list,    v, n, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return v[int((n + 1) / 2)] + 0
}
function label(name,    p) {
    split(name, p, ",")
    return p[1] == "hold" ? p[2] " modules, delay 1.." p[3] : p[2] "x" p[2] " routers, load 0." sprintf("%02d", p[3])
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
    printf "%-28s %10s %10s %8s %22s\n", "ns of processor an event", "ours", "SystemC", "ratio", "bytes a module, event"
    printf "{\n  \"unit\": \"ns of processor time per event, median of %d\",\n  \"rows\": [\n", rounds > out
    for (i = 0; i < n; i++) {
        ours = peer = ratios = ""
        for (r = 1; r <= rounds; r++) {
            a = ns[r, name[i], "ours"]; b = ns[r, name[i], "peer"]
            ours = ours " " a; peer = peer " " b; ratios = ratios " " b / a
        }
        ratio = median(ratios)
        log_all += log(ratio)
        if (name[i] ~ /^hold/) {
            log_hold += log(ratio); n_hold++
            if (!min || ratio < min) min = ratio
        }
        memory = name[i] ~ /^hold,100000,/ ? sprintf("%d, SystemC %d", bytes[name[i], "ours"], bytes[name[i], "peer"]) : ""
        printf "%-28s %10.1f %10.1f %7.1fx %22s\n", label(name[i]), median(ours), median(peer), ratio, memory
        printf "    {\"case\": \"%s\", \"ours\": %.2f, \"peer\": %.2f, \"ratio\": %.2f, \"bytes\": %d, \"peer_bytes\": %d}%s\n",
            label(name[i]), median(ours), median(peer), ratio, bytes[name[i], "ours"], bytes[name[i], "peer"], i < n - 1 ? "," : "" > out
    }
    hold = exp(log_hold / n_hold)
    printf "%-28s %10s %10s %7.1fx  (least %.1fx)\n", "geometric mean, hold model", "", "", hold, min
    printf "%-28s %10s %10s %7.1fx\n", "geometric mean, all", "", "", exp(log_all / n)
    printf "  ],\n  \"geomean\": %.2f,\n  \"min\": %.2f,\n  \"geomean_all\": %.2f\n}\n", hold, min, exp(log_all / n) > out
}' "$raw"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/data.sh BUILD_DIR OUT_JSON: MB of Criteo text converted a second of one core.
#
# A synthetic file of Criteo's shape (about 400 MB; ROWS=N for another size) is converted into a cache:
# ranked vocabularies (prep=rank), the same with integers in buckets and a threshold (prep=x4), and
# NASRec's rows (prep=nasrec). Beside it, on the same file in the same rounds: wc -l, which only looks
# for line ends, awk, which counts cells, and Python's csv module where there is python3. Seconds are
# processor time, user and system, the least of three rounds, with real-time priority where that is
# allowed, so that other programs disturb the caches less. The aim is 200 MB/s; fails if a
# conversion is slower than Python's csv module, which only cuts lines into cells.
set -euo pipefail
build=$(cd "${1:?usage: data.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: data.sh BUILD_DIR OUT_JSON}
autorac=$build/autorac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

echo "writing the text" >&2
"$autorac" data synth -q "synthetic:shape=criteo,rows=${ROWS:-1600000},valid=1000" \
    --max-rows 1000000000 -o "$dir/text"
text=$dir/text/train.tsv
bytes=$(stat -c %s "$text")

priority=()
if chrt --fifo 1 true 2>/dev/null; then
    priority=(chrt --fifo 1)
fi

convert() { "${priority[@]}" "$autorac" data convert -q --force "criteo:$text,prep=$1" -o "$dir/cache"; }
use_cache() { "${priority[@]}" "$autorac" data info "cache:$dir/cache"; }
count_lines() { "${priority[@]}" wc -l "$text"; }
count_cells() { "${priority[@]}" awk -F '\t' '{ n += NF } END { print n }' "$text"; }
python_csv() {
    "${priority[@]}" python3 -c 'import csv, sys
print(sum(len(row) for row in csv.reader(open(sys.argv[1]), delimiter="\t")))' "$text"
}

cases=("wc_l count_lines" "awk count_cells" "rank convert rank" "x4 convert x4"
    "nasrec convert nasrec" "use_cache use_cache")
! command -v python3 >/dev/null || cases=("python_csv python_csv" "${cases[@]}")
TIMEFORMAT='%R %U %S'
for round in 1 2 3; do
    echo "round $round" >&2
    for case in "${cases[@]}"; do
        read -ra words <<<"$case"
        { time "${words[@]:1}" >/dev/null 2>"$dir/errors" || cat "$dir/errors" >&3; } 3>&2 2>"$dir/time"
        echo "${words[0]} $(tail -1 "$dir/time")"
    done
done >"$dir/raw"

# columns: case, wall, user, system
awk -v bytes="$bytes" -v out="$out" '
{
    cpu = $3 + $4
    if (!($1 in least)) order[++n] = $1
    if (!($1 in least) || cpu < least[$1]) { least[$1] = cpu; wall[$1] = $2 }
}
END {
    printf "%-12s %10s %10s %10s   %.0f MB of text\n", "", "CPU s", "wall s", "MB/s", bytes / 1e6
    printf "{\n  \"unit\": \"MB of text a second of processor time\",\n  \"bytes\": %d,\n", bytes > out
    for (i = 1; i <= n; i++) {
        k = order[i]
        rate[k] = bytes / 1e6 / (least[k] > 0 ? least[k] : 0.001)
        printf "%-12s %10.2f %10.2f %10.0f\n", k, least[k], wall[k], rate[k]
        printf "  \"%s\": { \"cpu_s\": %.3f, \"wall_s\": %.3f, \"mb_per_s\": %.1f }%s\n", k, least[k],
            wall[k], rate[k], i < n ? "," : "" > out
    }
    printf "}\n" > out
    split("rank x4 nasrec", converted, " ")
    for (i = 1; i <= 3; i++)
        if (rate[converted[i]] < rate["python_csv"]) { print converted[i] " is slower than Python"; exit 1 }
}' "$dir/raw"

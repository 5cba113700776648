#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare.sh EXPECTED LOG: are the events that a simulation printed those of the model, in the same cycles and
# with the same values, and did it count the same? A run that was stopped is compared up to its last cycle, its counts
# are not.
set -eu
export LC_ALL=C
expected=$1 log=$2

# The events up to cycle $2, in one order.
events() {
    awk -v last="$2" '$1 == "EVENT" && $2 <= last { print $1, $2, $3, $4, $5, $6 }' "$1" |
        sort -k2,2n -k3,3n -k4,4n -k5,5n -k6,6
}

# Counts, those of one unit and kind added up; a run that was stopped has none to compare.
counts() {
    grep -q '^ENDED' "$2" || return 0
    awk '$1 == "COUNT" { n[$2 " " $3 " " $4] += $5 } END { for (k in n) printf "COUNT %s %.0f\n", k, n[k] }' "$1" |
        sort -k2,2n -k3,3n -k4,4n
}

last=$(awk '$1 == "ENDED" || $1 == "STOPPED" { print $2; exit }' "$log")
[ -n "$last" ] || { tail -n 5 "$log"; echo "$log: the simulation did not come to its end"; exit 1; }
{ events "$expected" "$last"; counts "$expected" "$log"; } > "$log.expected"
{ events "$log" "$last"; counts "$log" "$log"; } > "$log.events"
grep -q '^EVENT' "$log.events" || { echo "$log: no events in $last cycles"; exit 1; }
if ! diff "$log.expected" "$log.events" > "$log.diff"; then
    echo "expected (<) and simulated (>): EVENT cycle unit kind index value, COUNT unit context kind value"
    head -n 20 "$log.diff"
    echo "DIFFERENT"
    exit 1
fi
echo "equal: $(grep -c '^EVENT' "$log.events") of $(grep -c '^EVENT' "$expected") events, $last cycles," \
    "$(grep -c '^COUNT' "$log.events" || true) counts"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a terminal sees: progress with rate and time left, colour unless NO_COLOR says no, lines of at most 100
# columns. Elsewhere none of it.
source "$(dirname "$0")/lib.sh"
command -v script >/dev/null || {
    echo "needs script (Debian package bsdutils)"
    exit 77
}
cd "$work"
design=$root/arch/presets/small.yaml
"$make_workload" w.h5 1 20000
"$make_workload" long.h5 1 100000 # several lines of progress on any machine

# on_terminal COMMAND...: what it writes when standard output and error are a terminal, a line for each line or
# rewriting of one, in FILE `seen`; escape sequences as <...>.
on_terminal() {
    script -qec "$*" /dev/null </dev/null >raw || true
    tr '\r' '\n' <raw | sed $'s/\033\\[\\([0-9]*[mK]\\)/<\\1>/g' >seen
    ! grep -q '.\{101\}' <(sed 's/<[0-9]*[mK]>//g' seen) || fail "$*: a line is too long: $(grep '.\{101\}' seen | head -1)"
}

on_terminal "$autorac" sim "$design" long.h5 --trace none -o run
grep -qE '^<K>sim: [0-9]+ of 100000 requests, [0-9.e+]+/s, [0-9]+ s left, cycle [0-9]+' seen || fail "sim: $(grep '^<K>' seen | head -3)"
on_terminal "$autorac" sim "$design" w.h5 --sweep mvm.adc_bits=4,5,6 --jobs 1 -o sweep
grep -qE '^<K>sweep: [12] of 3 points, [0-9.e+-]+/s, [0-9]+ s left, 1 running' seen || fail "sweep: $(grep '^<K>' seen | head -3)"
on_terminal "$autorac" sim --quiet "$design" w.h5 --trace none -o quiet
! grep -q '<K>' seen || fail "--quiet is not quiet"

on_terminal "$autorac" sim absent.yaml w.h5 -o no
grep -q '<31m>error:<0m>' seen || fail "no colour: $(cat seen)"
on_terminal env NO_COLOR=1 "$autorac" sim absent.yaml w.h5 -o no
! grep -q '<[0-9]*m>' seen || fail "colour in spite of NO_COLOR: $(cat seen)"

"$autorac" sim "$design" w.h5 --trace none -o plain >text 2>&1
! grep -q $'\033\\|\r' text || fail "escape sequences where there is no terminal"

# Tables fit 100 columns.
for command in "list components" "list datasets" "list operators" "list faults" "list parameters" space "sim --help" \
    "run --help" "compare run quiet" "trace info run/results.h5" \
    "sim $design w.h5 --sweep mvm.adc_bits=5,6 --sweep mvm.cols_per_adc=16 --sweep mvm.conversion_bit_ns=0 -o wide"; do
    # shellcheck disable=SC2086
    "$autorac" $command >text || fail "$command"
    long=$(awk 'length > 100' text | head -1)
    [ -z "$long" ] || fail "$command: a line of ${#long} columns: $long"
done
finish

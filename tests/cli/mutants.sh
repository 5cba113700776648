#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validate mutants: co-simulation notices small mistakes in the RTL; what it does not notice is listed.
source "$(dirname "$0")/lib.sh"
cd "$work"

expect 2 'at least 1' "$autorac" validate mutants --count 0
expect 2 '12x' "$autorac" validate mutants --designs 12x
expect 3 'verilator' env PATH=/nonexistent TMPDIR="$work" "$autorac" validate mutants --count 1
expect 2 'at least 1' "$autorac" validate mutants --jobs 0
# Two designs, so that it is soon over: docs/rtl.md says what many designs reach.
expect 0 '[0-9]+ of [0-9]+ mutants caught' \
    "$autorac" validate mutants --count 60 --seed 1 --designs 2 --jobs 2 --at-least 65
expect 1 'less than 100 %' "$autorac" validate mutants --count 60 --seed 1 --designs 1 --at-least 100
"$autorac" validate mutants --count 60 --seed 1 --designs 1 --jobs 1 --entries >one.txt
"$autorac" validate mutants --count 60 --seed 1 --designs 1 --jobs 2 --entries >two.txt
cmp one.txt two.txt || fail "jobs change what is printed"
n=$(grep -c '^survived: ' one.txt) || fail "no survivor is listed: $(cat one.txt)"
[ "$(grep -c '^EQUIVALENT(' one.txt)" -eq "$n" ] || fail "not an entry a survivor: $(cat one.txt)"
finish

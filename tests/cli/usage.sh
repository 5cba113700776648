#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Help, hints and exit statuses of the command line itself.
source "$(dirname "$0")/lib.sh"

expect 0 'Exit status:' "$autorac" --help
expect 0 '^autorac [0-9]+\.[0-9]+\.[0-9]+ \(' "$autorac" --version
expect 2 'a command is missing' "$autorac"
expect 2 'unknown command "smi"; did you mean sim\?' "$autorac" smi
expect 2 'data needs a command' "$autorac" data
mapfile -t commands < <("$autorac" --help | sed -n '/^Commands:/,/^$/s/^    \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p')
[ "${#commands[@]}" -ge 20 ] || fail "--help lists ${#commands[@]} commands"
for command in "${commands[@]}"; do
    # shellcheck disable=SC2086
    expect 0 'Usage: autorac' "$autorac" $command --help
    # shellcheck disable=SC2086
    expect 2 'unknown option --nonsense' "$autorac" $command --nonsense
done
expect 2 'did you mean --out\?' "$autorac" sim a b --oot x
expect 2 'WORKLOAD.h5 is missing' "$autorac" sim a -o "$work/x"
expect 2 '--out DIR is missing' "$autorac" sim a b
expect 2 'one argument too many' "$autorac" sim a b c -o "$work/x"
expect 2 '--out needs a value' "$autorac" sim a b -o
expect 2 'is not a whole number' "$autorac" run -o "$work/x" --seed -1
expect 2 'none of components' "$autorac" list nonsense
for what in components operators datasets parameters; do
    expect 0 '.' "$autorac" list $what
    expect 0 '^\[' "$autorac" list $what --json
done
expect 0 '"log10_designs"' "$autorac" space --json
expect 3 'standard output: No space left' bash -c "'$autorac' space >/dev/full"
expect 0 '^$' bash -c "'$autorac' list parameters | true"
finish

# SPDX-License-Identifier: Apache-2.0
# tests/cli/lib.sh: sourced by the tests of the program. $1: build directory.
set -euo pipefail
build=$(cd "$1" && pwd)
autorac=$build/autorac
make_workload=$build/tests/cli/make_workload
root=$PWD
work=$(mktemp -d)
n_failed=0
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAIL %s\n' "$*"
    n_failed=$((n_failed + 1))
}

# expect STATUS PATTERN COMMAND...: exit status, and an extended regular expression found in what it
# prints (standard output and error together).
expect() {
    local status=$1 pattern=$2 got=0 text
    shift 2
    text=$("$@" 2>&1) || got=$?
    if [ "$got" -ne "$status" ]; then
        fail "$*: exit $got, expected $status: $text"
    elif ! grep -qE -- "$pattern" <<<"$text"; then
        fail "$*: no \"$pattern\" in: $text"
    else
        printf 'ok   %s\n' "${*/#$build\//}"
    fi
}

# same A B: two directories are equal, but for host time.
same() {
    if diff -rq -x host.json "$1" "$2" >"$work/diff" 2>&1; then
        printf 'ok   %s equals %s\n' "$(basename "$1")" "$(basename "$2")"
    else
        fail "$1 and $2 differ: $(cat "$work/diff")"
    fi
}

finish() {
    [ "$n_failed" -eq 0 ] || exit 1
    exit 0
}

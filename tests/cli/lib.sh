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

# laid_out VCD GTKW: every signal that the save file shows is in the waveform.
laid_out() {
    awk 'FNR == NR { if ($1 == "$scope") { path[++n] = $3; at = ""; for (i = 1; i <= n; i++) at = at path[i] "." }
            else if ($1 == "$upscope") { n--; at = ""; for (i = 1; i <= n; i++) at = at path[i] "." }
            else if ($1 == "$var") there[at $5 ($6 == "$end" ? "" : $6)] = 1
            next }
        /^[+]/ { sub(/^.*} /, ""); shown++; if (!($0 in there)) { print "not there: " $0; bad = 1 } }
        END { print shown + 0 " signals"; exit bad || shown < 10 }' "$1" "$2" >"$work/laid_out" ||
        fail "$2: $(head -3 "$work/laid_out")"
}

finish() {
    [ "$n_failed" -eq 0 ] || exit 1
    exit 0
}

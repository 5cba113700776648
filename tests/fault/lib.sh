# SPDX-License-Identifier: Apache-2.0
# tests/fault/lib.sh: sourced by the fault tests. $1: build directory; $2: how many faults a case gets at most, spread
# evenly over all there are; without, few enough for half a minute.
source "$(dirname "$0")/../cli/lib.sh"
most=${2:-$most}
preload=$build/tests/fault/fault_preload.so
tracer=$build/tests/fault/fault_tracer
design=$root/arch/presets/small.yaml
export OPENBLAS_NUM_THREADS=1 XDG_CACHE_HOME=$work/cache
# A search of less than a second.
search=("$autorac" search -q --dataset synthetic:rows=400,valid=100 --quick --set requests=2 --set model.blocks=2
    --set data.max_rows=50 --set train.epochs=0.01 --set search.population=4 --set search.generations=1
    --set search.children=2 --set search.survivors=2 --set search.final_epochs=0.01 --set search.adapt_steps=1
    --set search.eval_rows=64)
cd "$work"

# try COMMAND...: runs it with a limit of time; sets status, out and err (files).
try() {
    status=0
    timeout -k 5 "${limit_s:-60}" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
}

# told WHAT STATUS...: the status is one of those, with one line of error unless it is 0 (one more from each job).
told() {
    local what=$1 lines
    shift
    lines=$(grep -c '^autorac: ' "$work/stderr")
    if [[ " $* " != *" $status "* ]]; then
        fail "$what: exit $status: $(head -c 400 "$work/stderr")"
    elif [ "$status" -ne 0 ] && { [ "$lines" -lt 1 ] || [ "$lines" -gt ${most_lines:-1} ]; }; then
        fail "$what: exit $status, not one line of error: $(head -c 400 "$work/stderr")"
    else
        return 0
    fi
    return 1
}

# clean WHAT STATUS...: told, and what is in out has its whole content, as in reference (files *.tmp are what a
# kill would leave too).
clean() {
    local what=$1 file
    told "$@" || return 0
    if [ "$status" -eq 0 ] && ! cmp -s "$work/stdout" "$work/stdout.reference"; then
        fail "$what: exit 0, but it prints something else"
    elif [ "$status" -eq 0 ] && ! diff -rq -x host.json reference out >"$work/diff" 2>&1; then
        fail "$what: exit 0, but: $(head -3 "$work/diff")"
    else
        while IFS= read -r file; do
            case $file in *.tmp | *.tmp/* | */host.json) continue ;; esac
            cmp -s "out/$file" "reference/$file" || fail "$what: half a file: $file"
        done < <(cd out && find . -type f)
    fi
}

fresh() {
    rm -rf out
    mkdir out
}

# resumes WHAT COMMAND...: the same command, once more, ends as it would have.
resumes() {
    local what=$1
    shift
    "$@" >/dev/null 2>"$work/stderr" || fail "$what: not resumed: $(head -c 400 "$work/stderr")"
    diff -rq -x host.json reference out >"$work/diff" 2>&1 || fail "$what: resumed: $(head -3 "$work/diff")"
}

# ends AFTER WHAT COMMAND...: exit 0 or 3, and AFTER that: clean, or resumes (what is there is made use of).
ends() {
    local after=$1 what=$2
    shift 2
    if [ "$after" = clean ]; then
        clean "$what" 0 3
    elif told "$what" 0 3; then
        resumes "$what" "$@"
    fi
}

# reference COMMAND...: what it does when nothing is wrong.
reference() {
    fresh
    rm -rf reference
    "$@" >"$work/stdout.reference" || fail "$*: exit $?"
    mv out reference
}

# places TOTAL: up to $most numbers from 1 to TOTAL, evenly spread.
places() {
    awk -v n="$1" -v most="$most" 'BEGIN { k = n < most ? n : most
        for (i = 0; i < k; i++) print int((i + 0.5) * n / k) + 1 }'
}

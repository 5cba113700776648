#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files cannot be written: every change of a file fails once (with N of them, evenly spread), disks are full at several sizes or
# read-only, and standard output is full. Each time: exit 3 with one line and no half file, or the same result; and
# what works goes on from there. Nothing is ever written outside the output directory, but chips into the cache directory.
most=2
source "$(dirname "$0")/lib.sh"
"$make_workload" w.h5 1 1
fixtures=$root/tests/fixtures
sim=("$autorac" sim -q "$design" w.h5 -o out/x)
rtl=("$autorac" rtl -q "$design" w.h5 -o out/x)
convert=("$autorac" data convert -q "libfm:$fixtures/data/clicks.libfm" -o out/x)
"$autorac" sim -q "$design" w.h5 -o run
trace=("$autorac" trace convert -q run/results.h5 --csv out/csv --vcd out/x.vcd --perfetto out/x.json)

# outside LOG: no file is changed but in out, in the caches, and the null device.
outside() {
    ! grep -vE "^(failed|changes)|^[a-z]+( ($work/(out|cache)(/[^ ]*( [^/ ][^ ]*)*)?|/dev/null|/dev/tty))+$" "$1" ||
        fail "files outside out are changed, see above"
}

# calls NAME ERRNO AFTER COMMAND...
calls() {
    local name=$1 errno=$2 after=$3 total n=0
    shift 3
    reference "$tracer" -l log "$@"
    outside log
    total=$(sed -n 's/^changes //p' log)
    for i in $(places "$total"); do
        fresh
        try "$tracer" -l log -e "$errno" -n "$i" "$@"
        outside log
        ends "$after" "$name: change $i: $(grep -B1 '^failed' log | head -1)" "$@"
        n=$((n + 1))
    done
    printf '%-10s errno %2d: %5d changes, %5d made to fail\n' "$name" "$errno" "$total" "$n"
}

status=0
"$tracer" true || status=$?
if [ "$status" -eq 0 ]; then
    for errno in 28 5 30 4; do # no space, input/output error, read-only file system, interrupted call
        calls sim $errno clean "${sim[@]}"
        calls convert $errno clean "${convert[@]}"
        calls trace $errno clean "${trace[@]}"
    done
    calls rtl 28 clean "${rtl[@]}"
    calls search 28 resumes "${search[@]}" --jobs 2 -o out/x
else
    echo "SKIPPED: ptrace is not allowed, or this is not x86-64"
fi

# Disks of several sizes, and limits on the size of files.
for command in sim rtl convert trace; do
    declare -n run=$command
    reference "${run[@]}"
    bytes=$(du -sb reference | cut -f1)
    for i in $(places $((bytes / 1024))); do
        fresh
        (trap '' XFSZ && ulimit -f "$i" && try "${run[@]}" && echo "$status" >status)
        status=$(cat status)
        clean "$command: files of at most $i KiB" 0 3
    done
    if [ "$(id -u)" -eq 0 ] && fresh && mount -t tmpfs -o size=4k tmpfs out 2>/dev/null; then
        trap 'cd /; umount "$work/out" 2>/dev/null || true; rm -rf "$work"' EXIT
        umount out
        for i in $(places $((bytes / 4096))); do
            fresh
            mount -t tmpfs -o size="$((4 * i))k" tmpfs out
            try "${run[@]}"
            clean "$command: a disk of $((4 * i)) KiB" 0 3
            umount out
        done
        fresh
        mount -t tmpfs -o ro tmpfs out
        try "${run[@]}"
        clean "$command: a read-only disk" 3
        umount out
    else
        echo "SKIPPED for $command: small and read-only disks need root and mount"
    fi
done

mkdir -p reference out
for words in "list parameters" "trace dump run/results.h5" "--help" "sim --help" "space"; do
    status=0
    # shellcheck disable=SC2086
    "$autorac" $words >/dev/full 2>"$work/stderr" || status=$?
    told "$words: standard output full" 3 || true
done
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A full disk: a clear error, no half files under real names, and the run goes on when there is room.
source "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || { echo "skipped: mounting a small file system needs root"; exit 77; }
cd "$work"
mkdir small
mount -t tmpfs -o size=96k tmpfs small 2>/dev/null || { echo "skipped: cannot mount tmpfs"; exit 77; }
trap 'cd /; umount "$work/small"; rm -rf "$work"' EXIT
"$make_workload" w.h5 1 64
design=$root/arch/presets/small.yaml

expect 3 'No space left on device' "$autorac" sim -q "$design" w.h5 -o small/x
for f in small/x/*; do
    case $f in
    *.yaml | small/x/provenance.json) ;;
    *.tmp) fail "$f was left behind" ;;
    *) fail "$f should not be there" ;;
    esac
done
expect 3 'No space left on device' "$autorac" data synth -q -o small/data
[ ! -e small/data/train.tsv ] || fail "half of train.tsv is there"

mount -o remount,size=64m small
expect 0 '' "$autorac" sim -q "$design" w.h5 -o small/x --force
expect 0 '' "$autorac" sim -q "$design" w.h5 -o reference
same small/x reference
finish

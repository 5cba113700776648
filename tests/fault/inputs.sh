#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Inputs that are cut off, have flipped bits or foreign bytes (N of each, seed printed), and of another version: exit 2 or 3 with one
# line that names the file; or, where a change was not noticed, what was to be written is whole. Nothing crashes or hangs.
most=1
source "$(dirname "$0")/lib.sh"
RANDOM=${FAULT_SEED:-1}
echo "FAULT_SEED=${FAULT_SEED:-1}"
limit_s=20
fixtures=$root/tests/fixtures

# below N: a number from 0 to N - 1.
below() { echo $(((RANDOM << 15 | RANDOM) % $1)); }

# poke FILE AT BYTE
poke() {
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x "$3")" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# spoil HOW FILE: one of the three.
spoil() {
    local size at
    size=$(stat -c %s "$2")
    at=$(below "$size")
    case $1 in
    cut) truncate -s "$at" "$2" ;;
    flip) poke "$2" "$at" $(($(od -An -tu1 -j"$at" -N1 "$2") ^ 1 << RANDOM % 8)) ;;
    junk) for ((k = 0; k < 8; k++)); do poke "$2" $(((at + k) % size)) $((RANDOM % 256)); done ;;
    esac
}

# judge NAME KIND FILE: sealed: a change is noticed, or changes nothing. open: it may go unnoticed.
judge() {
    if ! told "$1" 0 2 3; then
        return
    elif [ "$status" -ne 0 ]; then
        grep -q "$3" "$work/stderr" || fail "$1: the file is not named: $(cat "$work/stderr")"
    elif [ "$2" = sealed ]; then
        clean "$1" 0
    fi
}

# damage NAME KIND FILE COMMAND...: COMMAND reads FILE.
damage() {
    local name=$1 kind=$2 file=$3 n_noticed=0
    shift 3
    cp "$file" whole
    reference "$@"
    for how in cut flip junk; do
        for ((i = 0; i < most; i++)); do
            cp whole "$file"
            spoil $how "$file"
            fresh
            try "$@"
            judge "$name: $how $i" "$kind" "$(basename "$file")"
            [ "$status" -eq 0 ] || n_noticed=$((n_noticed + 1))
        done
    done
    cp whole "$file"
    printf '%-9s %4d damaged files, %4d noticed\n' "$name" $((3 * most)) $n_noticed
}

"$make_workload" w.h5 1 1
cp "$design" design.yaml
"$autorac" sim -q design.yaml w.h5 -o run
cp run/results.h5 r.h5
"$autorac" data convert -q "libfm:$fixtures/data/clicks.libfm" -o data.cache
for file in criteo.tsv.gz criteo.tsv.xz; do cp "$fixtures/data/$file" .; done
cp "$fixtures/nasrec/small.json" model.json

damage workload sealed w.h5 "$autorac" sim -q design.yaml w.h5 -o out/x
damage design open design.yaml "$autorac" sim -q design.yaml w.h5 -o out/x
damage results sealed r.h5 "$autorac" trace dump -q r.h5
damage cache sealed data.cache "$autorac" data info -q cache:data.cache
damage gzip open criteo.tsv.gz "$autorac" data info -q criteo:criteo.tsv.gz
damage xz open criteo.tsv.xz "$autorac" data info -q criteo:criteo.tsv.xz
damage nasrec open model.json "$autorac" import nasrec -q model.json --shape kdd12 --max-rows 4 --requests 1 -o out/x

# Checkpoints of a stage that was interrupted.
"${search[@]}" --jobs 1 -o done
for state in train/supernet.ckpt search/search.state; do
    rm -rf state
    cp -r done state
    rm "state/stages/${state%/*}"
    damage "${state%/*}" sealed "state/${state#*/}" bash -c 'cp -r state out/x && exec "$@"' bash "${search[@]}" --jobs 1 -o out/x
done

"$make_workload" future.h5 version 99
expect 2 'future.h5.*version.*99' "$autorac" sim -q "$design" future.h5 -o new
sed '1s/cache    1,/cache    2,/' data.cache >future.cache
expect 2 'future.cache.*version 2' "$autorac" data info -q cache:future.cache
cp done/supernet.ckpt future.ckpt
poke future.ckpt 13 2
{ head -c -64 future.ckpt; head -c -64 future.ckpt | sha256sum | cut -c1-64 | tr -d '\n'; } >sealed
cp -r done future
cp sealed future/supernet.ckpt
rm future/stages/train
expect 2 'supernet.ckpt.*another version' "${search[@]}" --jobs 1 -o future
python=$(for p in python3 /usr/bin/python3; do ! $p -c 'import h5py' 2>/dev/null || { echo $p; break; }; done)
if [ -n "$python" ]; then
    "$python" -c 'import h5py; h5py.File("r.h5", "a").attrs["format_version"] = 99'
    expect 2 'r.h5.*version.*99' "$autorac" trace info r.h5
else
    echo "SKIPPED results of another version: no h5py"
fi
finish

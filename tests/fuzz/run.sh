#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/run.sh BUILD RUNS [TARGET...]: RUNS random inputs for every target (tests/fuzz/targets.c), from fixtures
# and from files that the program wrote. What is learnt stays in BUILD/corpus; an input that crashes, hangs or
# leaks is kept in BUILD/found and makes the status 1. FUZZ_SEED (1): of libFuzzer.
set -uo pipefail
build=$(cd "${1:?usage: run.sh BUILD RUNS [TARGET...]}" && pwd)
runs=${2:?usage: run.sh BUILD RUNS [TARGET...]}
shift 2
root=$(cd "$(dirname "$0")/../.." && pwd)
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$build/tests/fuzz/fuzz" --targets)
seeds=$build/seeds
fixtures=$root/tests/fixtures
autorac=$build/autorac
# One input is freed before the next is read: little need be kept to catch a use after free.
export ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=8${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# The least of each format that only the program writes.
if [ ! -d "$seeds" ]; then
    rm -rf "$seeds.tmp"
    mkdir -p "$seeds.tmp"/{workload,result,cache,design}
    "$autorac" import nasrec -q "$fixtures/nasrec/small.json" --shape kdd12 --max-rows 4 --requests 1 \
        -o "$seeds.tmp/import" || exit 1
    "$autorac" sim -q "$seeds.tmp/import/design.yaml" "$seeds.tmp/import/workload.h5" -o "$seeds.tmp/sim" || exit 1
    "$autorac" data convert -q "libfm:$fixtures/data/clicks.libfm" -o "$seeds.tmp/cache/small" || exit 1
    cp "$seeds.tmp/import/workload.h5" "$seeds.tmp/workload"
    cp "$seeds.tmp/import/design.yaml" "$seeds.tmp/design"
    cp "$seeds.tmp/sim/results.h5" "$seeds.tmp/result"
    mv "$seeds.tmp" "$seeds"
fi

seeds_of() {
    case $1 in
    design) echo "$root"/arch/presets/*.yaml "$seeds"/design/* ;;
    nasrec) echo "$fixtures"/nasrec/*.json ;;
    workload | result | cache) echo "$seeds/$1"/* ;;
    cache_sealed) echo "$seeds"/cache/* ;;
    criteo*) echo "$fixtures"/data/criteo.tsv* ;;
    avazu) echo "$fixtures"/data/avazu.csv ;;
    kdd) echo "$fixtures"/data/kdd_training.txt ;;
    kdd_profile) echo "$fixtures"/data/kdd_profile.txt ;;
    libfm) echo "$fixtures"/data/clicks.libfm* ;;
    libsvm) echo "$fixtures"/data/clicks.lib*vm "$fixtures"/data/clicks.libffm ;;
    movielens) echo "$fixtures"/data/ratings.dat "$fixtures"/data/pairs.csv ;;
    csv) echo "$fixtures"/data/sites.csv ;;
    csv_schema) echo "$fixtures"/data/sites.yaml ;;
    esac
}

status=0
for target in "${targets[@]}"; do
    corpus=$build/corpus/$target
    found=$build/found/$target
    mkdir -p "$corpus" "$found"
    for file in $(seeds_of "$target") "$root/tests/fuzz/corpus/${target%_sealed}"/*; do
        [ ! -e "$file" ] || cp "$file" "$corpus/"
    done
    log=$build/$target.log
    SECONDS=0
    if AUTORAC_FUZZ=$target "$build/tests/fuzz/fuzz" -runs="$runs" -timeout=20 -rss_limit_mb=4096 -seed="${FUZZ_SEED:-1}" \
        -print_final_stats=1 -artifact_prefix="$found/" "$corpus" >"$log" 2>&1; then
        printf '%-14s %9d runs  %6d s  no failure\n' "$target" "$runs" $SECONDS
    else
        printf '%-14s failed: %s, %s\n' "$target" "$log" "$found"
        status=1
    fi
done
exit $status

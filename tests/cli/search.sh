#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# autorac search: the same archive and front for any number of jobs and MPI ranks, and after kill -9.
source "$(dirname "$0")/lib.sh"
cd "$work"
small=(--quick --set data.max_rows=1000 --set train.epochs=0.5 --set search.population=8
    --set search.generations=4 --set search.children=6 --set search.survivors=3 --set search.final_epochs=0.1
    --set search.adapt_steps=4 --set search.eval_rows=1024)

"$autorac" search -q "${small[@]}" --jobs 1 -o one
"$autorac" search -q "${small[@]}" --jobs 3 -o three
same one three
[ "$(awk -F, '$2 == 1' one/pareto.csv | wc -l)" -eq 1 ] || fail "not one chosen: $(cat one/pareto.csv)"
[ "$(awk -F, '$2 == 1 { print $11 }' one/pareto.csv)" = 1 ] || fail "the chosen one was no finalist"
expect 2 'search.strategy' "$autorac" search "${small[@]}" --set search.strategy=luck -o luck
expect 2 '--jobs: 0 is outside' "$autorac" search "${small[@]}" --jobs 0 -o luck
for strategy in nsga2 random two_stage; do
    "$autorac" search -q "${small[@]}" --set search.strategy=$strategy -o $strategy
done

n_kills=0
for ms in 100 300 700 1200 2000 3000 5000; do
    "$autorac" search -q "${small[@]}" --jobs 2 -o killed &
    pid=$!
    sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
    kill -9 $pid 2>/dev/null && n_kills=$((n_kills + 1))
    wait $pid 2>/dev/null || true
done
"$autorac" search -q "${small[@]}" --jobs 2 -o killed
echo "killed $n_kills times"
same one killed

if command -v mpirun >/dev/null && ldd "$autorac" | grep libmpi >/dev/null; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    for n in 2 4; do
        mpirun --oversubscribe -n $n "$autorac" search -q "${small[@]}" -o mpi$n >log 2>&1 ||
            fail "mpirun -n $n: $(cat log)"
        same one mpi$n
    done
    got=0
    mpirun --oversubscribe -n 2 "$autorac" search -q "${small[@]}" --set search.strategy=luck -o mpi5 >log 2>&1 || got=$?
    [ "$got" -eq 2 ] || fail "a wrong key under mpirun: exit $got: $(cat log)"
else
    echo "SKIPPED under MPI: mpirun is missing, or the program was built without MPI"
fi

if command -v h5dump >/dev/null; then
    [ "$(h5dump -H -d /id one/archive.h5 | head -20 | sed -n 's/.*DATASPACE *SIMPLE { ( \([0-9]*\) .*/\1/p')" -eq 32 ] ||
        fail "archive.h5 has not every pair that was judged"
fi
finish

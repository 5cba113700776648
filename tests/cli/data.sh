#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Data sets: converting, using a cache, bad lines, kill -9 and Ctrl-C in the middle of it.
source "$(dirname "$0")/lib.sh"
cd "$work"
fixtures=$root/tests/fixtures/data

# A cache says the same as the text it came from.
expect 0 'digest' "$autorac" data convert "criteo:$fixtures/criteo.tsv" -o c.cache
expect 2 'c.cache: is there already' "$autorac" data convert "criteo:$fixtures/criteo.tsv" -o c.cache
expect 0 'digest' "$autorac" data convert "criteo:$fixtures/criteo.tsv" -o c.cache --force
"$autorac" data info "criteo:$fixtures/criteo.tsv" >text.txt
"$autorac" data info cache:c.cache >cache.txt
cmp text.txt cache.txt || fail "the cache is described differently"
expect 0 'test +2 rows' "$autorac" data info "criteo:$fixtures/criteo.tsv,prep=nasrec"
expect 2 'not a data cache' "$autorac" data info "cache:$fixtures/criteo.tsv"
expect 3 'none.cache: No such file' "$autorac" data info cache:none.cache
head -c 9000 c.cache >short.cache
expect 2 'short.cache: .*truncated|short.cache:.*damaged' "$autorac" data info cache:short.cache

# Bad lines: told and counted, refused with --strict.
{ head -15 "$fixtures/criteo.tsv"; echo "0	oops"; tail -5 "$fixtures/criteo.tsv"; } >bad.tsv
expect 0 '1 bad line left out, first: bad.tsv:16: 2 columns' "$autorac" data info criteo:bad.tsv
expect 0 'bad lines +1' "$autorac" data convert criteo:bad.tsv -o bad.cache
expect 2 'bad.tsv:16: 2 columns' "$autorac" data info --strict criteo:bad.tsv
expect 2 'bad.tsv:16: 2 columns' "$autorac" data convert --strict criteo:bad.tsv -o x.cache
[ ! -e x.cache ] || fail "a refused conversion left a file"
expect 2 'bad.tsv:16: 2 columns' "$autorac" train -q --quick --dataset criteo:bad.tsv,bad=refuse -o t

# Killed at any moment, the same command ends in the same file; nothing half is ever there.
spec=synthetic:rows=400000,valid=1000
"$autorac" data convert -q "$spec" -o whole.cache
for delay in 0.05 0.2 0.5 0.9; do
    rm -f k.cache
    "$autorac" data convert -q "$spec" -o k.cache &
    pid=$!
    sleep "$delay"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ ! -e k.cache ] || cmp k.cache whole.cache || fail "half a cache after $delay s"
done
"$autorac" data convert -q --force "$spec" -o k.cache
cmp k.cache whole.cache || fail "after kill -9 the cache differs"

# Ctrl-C: status 130, no file, nothing beside it.
mkdir ctrl_c
"$autorac" data convert -q synthetic:rows=100000000 -o ctrl_c/c.cache &
pid=$!
sleep 0.5
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ] || fail "Ctrl-C: status $status"
[ -z "$(ls -A ctrl_c)" ] || fail "Ctrl-C left $(ls -A ctrl_c)"
finish

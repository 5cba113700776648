#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wrong inputs: each is named clearly, with its own exit status, and nothing is lost.
source "$(dirname "$0")/lib.sh"
cd "$work"
design=$root/arch/presets/small.yaml
"$make_workload" w.h5 1 16
sim=("$autorac" sim -q)

expect 2 'mvm.adc_bits: 99 is outside 1\.\.12' "${sim[@]}" "$design" w.h5 -o x --set mvm.adc_bits=99
printf 'mvm:\n  adc_bits: 99\n' >adc.yaml
expect 2 'adc.yaml:2: mvm.adc_bits: 99 is outside' "${sim[@]}" adc.yaml w.h5 -o x
printf 'mvm:\n  rosw: 64\n' >key.yaml
expect 2 'key.yaml:2: mvm.rosw: unknown key' "${sim[@]}" key.yaml w.h5 -o x
expect 2 'unknown key' "${sim[@]}" "$design" w.h5 -o x --set mvm.nonsense=1
printf 'mvm: [\n' >broken.yaml
expect 2 'broken.yaml:' "${sim[@]}" broken.yaml w.h5 -o x
printf 'chip: { params: nonsense }\n' >params.yaml
expect 3 'nonsense' "${sim[@]}" params.yaml w.h5 -o x

expect 3 'absent.yaml: No such file' "${sim[@]}" absent.yaml w.h5 -o x
expect 3 'absent.h5: No such file' "${sim[@]}" "$design" absent.h5 -o x
"$make_workload" future.h5 version 99
expect 2 'future.h5.*version.*99' "${sim[@]}" "$design" future.h5 -o x
head -c 3000 w.h5 >cut.h5
expect 2 'cut.h5: .*truncated' "${sim[@]}" "$design" cut.h5 -o x
expect 2 'key.yaml: ' "${sim[@]}" "$design" key.yaml -o x

expect 0 '' "${sim[@]}" "$design" w.h5 -o done
expect 2 'done: is not empty; choose another or give --force' "${sim[@]}" "$design" w.h5 -o done
expect 0 '' "${sim[@]}" "$design" w.h5 -o done --force
expect 3 'No such file or directory|Not a directory|File exists' "${sim[@]}" "$design" w.h5 -o w.h5/x

# Data sets.
fixtures=$root/tests/fixtures/data
"$autorac" data synth -q synthetic:rows=2000 -o synth
expect 0 'rows' "$autorac" data info criteo:synth/train.tsv,synth/valid.tsv
head -c "$(($(stat -c %s synth/train.tsv) - 9))" synth/train.tsv >cut.tsv
expect 2 'cut.tsv:[0-9]+:' "$autorac" data info criteo:cut.tsv
expect 2 'cut.tsv:[0-9]+:' "$autorac" run -q --quick --dataset criteo:cut.tsv -o y
expect 3 'absent.tsv: No such file' "$autorac" data info criteo:absent.tsv
expect 3 'absent.tsv: No such file' "$autorac" run --quick --dataset libfm:absent.tsv -o y
expect 2 'nonsense' "$autorac" data info nonsense:x
expect 2 'nonsense' "$autorac" run --quick --dataset nonsense:x -o y
[ -d "$fixtures" ] || fail "no $fixtures"

# Directories of run.
mkdir foreign && echo mine >foreign/thesis.tex
expect 2 'foreign: holds thesis.tex' "$autorac" run --quick -o foreign
[ "$(cat foreign/thesis.tex)" = mine ] || fail "foreign/thesis.tex was touched"
expect 2 'unknown key' "$autorac" run --quick --set nonsense=1 -o y
finish

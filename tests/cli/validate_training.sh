#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# autorac validate accuracy and ranking in small: they run, repeat themselves, and refuse nonsense.
source "$(dirname "$0")/lib.sh"
cd "$work"
tiny=(--dataset synthetic:rows=8000,valid=1000 --epochs 1 --rows 200)

"$autorac" validate accuracy "${tiny[@]}" >a.txt 2>/dev/null || fail "accuracy"
"$autorac" validate accuracy "${tiny[@]}" --jobs 1 >b.txt 2>/dev/null || fail "accuracy again"
cmp a.txt b.txt || fail "accuracy differs from itself"
for row in 'DNN +float' 'genome +float' 'genome +exact integers' 'genome +chip, [0-9]+-bit ADC'; do
    grep -qE "^$row +0\.[0-9]+ +[0-9.]+$" a.txt || fail "accuracy: no row \"$row\": $(cat a.txt)"
done
for model in Bayes lr fm dnn wide_deep deepfm dlrm dcn autoint genome; do
    grep -qE "^synthetic +$model +(float)? +0\.[0-9]+ +0\.[0-9]+( +0\.[0-9]+)?$" a.txt || fail "accuracy: no regret of $model: $(cat a.txt)"
done
grep -qE '^synthetic +genome +exact integers +0\.[0-9]+ +0\.[0-9]+$' a.txt || fail "accuracy: no regret in integers: $(cat a.txt)"
[ "$(grep -cE '^synthetic +(lr|fm|dnn|wide_deep|deepfm|dlrm|dcn|autoint|genome) ' a.txt)" -eq 10 ] || fail "accuracy: not ten models: $(cat a.txt)"
awk '$1 == "synthetic" && $2 == "Bayes" { b = $3 }
     $1 == "synthetic" && $2 != "Bayes" && $2 != "found:" { k = $3 == "float" ? 4 : 5; d = $k - b - $(k + 1); if (d > 2e-5 || d < -2e-5 || $(k + 1) <= 0) exit 1 }' a.txt ||
    fail "accuracy: regret is not LogLoss less Bayes': $(cat a.txt)"
"$autorac" validate accuracy --regret "${tiny[@]}" >c.txt 2>/dev/null || fail "regret"
grep -E '^(data|synthetic) ' a.txt | cmp - c.txt || fail "--regret differs from accuracy's end"
"$autorac" validate accuracy --regret "${tiny[@]}" --search 3 >s.txt 2>/dev/null || fail "regret of a searched model"
[ "$(grep -cE '^synthetic +found: e8x16(/[a-z0-9-]+){3}$' s.txt)" -eq 1 ] || fail "search: no genome found: $(cat s.txt)"
[ "$(grep -cE '^synthetic +searched +(float|exact integers) ' s.txt)" -eq 2 ] || fail "search: nothing searched: $(cat s.txt)"
printf '0 1:1 5:1\n1 2:1 6:1\n0 1:1 6:1\n1 2:1 5:1\n' >four.libfm
expect 2 'the least LogLoss of libfm is not known' "$autorac" validate accuracy --regret --dataset libfm:four.libfm,four.libfm
expect 0 'skipped: .* is not there' "$autorac" validate accuracy --data nowhere
expect 2 '--data DIR or --dataset SPEC' "$autorac" validate accuracy
expect 2 '--search: 0 is outside' "$autorac" validate accuracy --regret --search 0
expect 2 'fc999' "$autorac" validate accuracy "${tiny[@]}" --genome e8x16/fc999w8a8-efc16w8a8-d0-s0

few=(--models 3 --set dataset=synthetic:rows=6000,valid=1000 --set train.epochs=1 --set tune.epochs=1
    --set model.blocks=2)
"$autorac" validate ranking "${few[@]}" --jobs 1 >a.txt 2>/dev/null || fail "ranking"
"$autorac" validate ranking "${few[@]}" --jobs 2 >b.txt 2>/dev/null || fail "ranking by two processes"
cmp a.txt b.txt || fail "ranking: two processes find other figures than one"
[ "$(grep -c "^Kendall's tau over 3 models: shared -\?[01]\.[0-9]*, adapted -\?[01]\.[0-9]*; anew and again -\?[01]\.[0-9]*$" a.txt)" -eq 2 ] ||
    fail "ranking: not two taus: $(cat a.txt)"
[ "$(sed -n '/^4 bits/,$p' a.txt | grep -c 'e4x[0-9]*/.*w4a4')" -eq 3 ] || fail "ranking: not of 4 bits: $(cat a.txt)"
expect 2 '--models: 1 is outside' "$autorac" validate ranking --models 1
finish

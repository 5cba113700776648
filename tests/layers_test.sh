#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each violation planted in a copy of the sources must make layers.sh fail and be named.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n_failed=0

# plant NAME EXPECTED: the changes come on stdin as a shell script run inside a fresh copy.
plant() {
    local name=$1 expected=$2 copy=$work/copy out
    rm -rf "$copy"
    mkdir "$copy"
    (cd "$root" && cp -r sim traces arch nas rtlgen validation cli tests "$copy")
    (cd "$copy" && bash -e -)
    if out=$("$root/tests/layers.sh" "$copy" 2>&1); then
        echo "FAIL $name: passed, should have said: $expected"
        n_failed=$((n_failed + 1))
    elif ! grep -qF -- "$expected" <<<"$out"; then
        echo "FAIL $name: said the wrong thing: $out"
        n_failed=$((n_failed + 1))
    else
        echo "ok   $name"
    fi
}

spdx='/* SPDX-License-Identifier: Apache-2.0 */'

plant upwards 'includes "arch/planted.h", which lies above it' <<EOS
echo '$spdx' > arch/planted.h
printf '%s\n' '$spdx' '#include "arch/planted.h"' > sim/planted.c
EOS
plant base_upwards 'includes "sim/planted.h", which lies above it' <<EOS
echo '$spdx' > sim/planted.h
printf '%s\n' '$spdx' '#include "sim/planted.h"' > sim/base/planted.c
EOS
plant siblings 'nas and rtlgen do not know each other' <<EOS
echo '$spdx' > nas/planted.h
printf '%s\n' '$spdx' '#include "nas/planted.h"' > rtlgen/planted.c
EOS
plant tests_below 'includes "tests/planted.h", which lies above it' <<EOS
echo '$spdx' > tests/planted.h
printf '%s\n' '$spdx' '#include "tests/planted.h"' > cli/planted.c
EOS
plant header_circle 'circle of includes' <<EOS
printf '%s\n' '$spdx' '#include "sim/planted_b.h"' > sim/planted_a.h
printf '%s\n' '$spdx' '#include "sim/planted_c.h"' > sim/planted_b.h
printf '%s\n' '$spdx' '#include "sim/planted_a.h"' > sim/planted_c.h
EOS
plant source_circle 'circle of includes' <<EOS
printf '%s\n' '$spdx' '#include "sim/planted.c"' > sim/planted.h
printf '%s\n' '$spdx' '#include "sim/planted.h"' > sim/planted.c
EOS
plant not_from_root 'write it from the root' <<EOS
printf '%s\n' '$spdx' '#include "planted.h"' > sim/planted.c
EOS
plant no_such_file 'no such file: sim/absent.h' <<EOS
printf '%s\n' '$spdx' '#include "sim/absent.h"' > sim/planted.c
EOS
plant ev '<ev.h> belongs to the kernel' <<EOS
printf '%s\n' '$spdx' '#include <ev.h>' > arch/planted.c
EOS
plant hdf5 '<hdf5.h> belongs to traces/h5' <<EOS
printf '%s\n' '$spdx' '#include <hdf5.h>' > traces/planted.c
EOS
plant yaml '<yaml.h> belongs to sim/base/cfg' <<EOS
printf '%s\n' '$spdx' '#include <yaml.h>' > sim/planted.c
EOS
plant prints 'prints or exits: only cli does' <<EOS
printf '%s\n' '$spdx' 'void f(void) { exit(1); }' > arch/planted.c
EOS
plant too_long 'more than 600 lines' <<EOS
(echo '$spdx'; yes '' | head -n 600) > arch/planted.c
EOS
plant no_spdx 'no SPDX line' <<EOS
echo 'int planted;' > arch/planted.c
EOS

[ "$n_failed" -eq 0 ]

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validate area: the smallest unit's cells beside its parameter; what is missing is named.
source "$(dirname "$0")/lib.sh"
cd "$work"
export TMPDIR=$work
lib=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
expect 2 'own node' "$autorac" validate area --params isaac32@22
[ -e $lib ] || {
    expect 3 'qflow-tech-osu018' "$autorac" validate area --unit shift_add
    echo "needs the Debian package qflow-tech-osu018"
    exit 77
}
command -v yosys >/dev/null || {
    expect 3 'Debian package: yosys' "$autorac" validate area --unit shift_add
    echo "needs the Debian package yosys"
    exit 77
}
expect 3 'Debian package: yosys' env PATH=/nonexistent "$autorac" validate area --unit shift_add
expect 2 'no unit is called "none"' "$autorac" validate area --unit none
expect 0 '^shift_add +[0-9.e+]+ +[0-9.e+]+ +60 +[0-9.]+  shift_add.area' "$autorac" validate area --unit shift_add
finish

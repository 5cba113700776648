#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/tidy.sh BUILD_DIR [FILE...]: clang-tidy over the libraries and the program, as .clang-tidy
# says. BUILD_DIR holds compile_commands.json. A file that passed is not looked at again until it,
# a header, or the rules change.
set -euo pipefail
build=$(cd "${1:?usage: tests/tidy.sh BUILD_DIR [FILE...]}" && pwd)
shift
cd "$(dirname "$0")/.."
if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(find sim traces arch nas rtlgen validation cli -name '*.c' | LC_ALL=C sort)
fi

rules=$(cat .clang-tidy $(find sim traces arch nas rtlgen validation cli \
    -name '*.h' -o -name '*.def' | LC_ALL=C sort) | sha256sum | cut -d' ' -f1)
mkdir -p "$build/tidy"
export build rules
tidy_one() {
    local stamp log
    grep -qF "\"file\": \"$PWD/$1\"" "$build/compile_commands.json" || return 0
    stamp=$build/tidy/$( (echo "$rules"; cat "$1") | sha256sum | cut -d' ' -f1)
    [ ! -e "$stamp" ] || return 0
    if log=$(clang-tidy --quiet -p "$build" "$1" 2>/dev/null); then
        touch "$stamp"
    else
        echo "$log"
        return 1
    fi
}
export -f tidy_one
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'tidy_one "$1"' tidy
echo "tidy: ${#files[@]} files"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/format.sh [--fix]: every C file looks as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find sim traces arch nas rtlgen validation cli tests \
    -type f \( -name '*.[ch]' -o -name '*.cpp' \) | LC_ALL=C sort)
if [ "${1:-}" = --fix ]; then
    clang-format -i "${files[@]}"
    exit
fi
clang-format --dry-run --Werror "${files[@]}"
echo "format: ${#files[@]} files"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/layers.sh [ROOT]: who may include whom.
#
#   sim/base <- sim <- traces <- arch <- {nas, rtlgen} <- validation <- cli      tests see all
#
# Fails on an include against that order, between nas and rtlgen, or not written from the root; on a
# circle of includes; on <ev.h>, <hdf5.h>, <yaml.h>, <jansson.h> and printing or exiting outside their one place;
# and on a file of more than 600 lines or without its SPDX line.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

mapfile -t files < <(find sim traces arch nas rtlgen validation cli tests \
    -name node_modules -prune -o -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.cpp' -o -name '*.sv' \
    -o -name '*.sh' \) -print |
    LC_ALL=C sort)

awk '
function fail(where, what) { print where ": " what; failed = 1 }

function rank(path) {
    if (path ~ /^sim\/base\//) return 0
    if (path ~ /^sim\//) return 1
    if (path ~ /^traces\//) return 2
    if (path ~ /^arch\//) return 3
    if (path ~ /^(nas|rtlgen)\//) return 4
    if (path ~ /^validation\//) return 5
    if (path ~ /^cli\//) return 6
    return 7
}

function folder(path) { sub(/\/.*/, "", path); return path }

function check_system(path, header) {
    if (path ~ /^(tests|validation\/bench)\//) return
    if (header == "ev.h" && path !~ /^sim\/[a-z_]+\.c$/)
        fail(path ":" FNR, "<ev.h> belongs to the kernel (sim/*.c)")
    if (header ~ /^hdf5(_hl)?\.h$/ && path !~ /^traces\/h5([a-z_]*\.c|_impl\.h)$/)
        fail(path ":" FNR, "<" header "> belongs to traces/h5*.c and h5_impl.h")
    if (header == "yaml.h" && path !~ /^sim\/base\/cfg[a-z_]*\.[ch]$/)
        fail(path ":" FNR, "<yaml.h> belongs to sim/base/cfg*")
    if (header == "jansson.h" && path != "nas/nasrec.c")
        fail(path ":" FNR, "<jansson.h> belongs to nas/nasrec.c")
}

function check_order(from, to) {
    if (rank(to) > rank(from))
        fail(from ":" FNR, "includes \"" to "\", which lies above it")
    else if (rank(to) == 4 && rank(from) == 4 && folder(to) != folder(from))
        fail(from ":" FNR, "includes \"" to "\": nas and rtlgen do not know each other")
    else if (to ~ /^cli\// && from !~ /^(cli|tests)\//)
        fail(from ":" FNR, "includes \"" to "\": cli is included by nobody")
}

# Depth-first; state 1 is on the path, 2 is done. Arrays in the signature are awk locals.
function visit(node, path,    i, n, next_nodes) {
    state[node] = 1
    n = split(edges[node], next_nodes, " ")
    for (i = 1; i <= n; i++) {
        if (state[next_nodes[i]] == 1)
            fail(node, "circle of includes: " path " -> " next_nodes[i])
        else if (!state[next_nodes[i]])
            visit(next_nodes[i], path " -> " next_nodes[i])
    }
    state[node] = 2
}

FNR == 1 {
    if (FILENAME != "") known[FILENAME] = 1
    spdx = 0
}
FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { has_spdx[FILENAME] = 1 }
FNR == 601 { fail(FILENAME, "more than 600 lines") }
FILENAME !~ /\.(c|h|def|cpp)$/ { next }

/^[ \t]*#[ \t]*include[ \t]*</ {
    header = $0
    sub(/^[^<]*</, "", header); sub(/>.*/, "", header)
    check_system(FILENAME, header)
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    to = $0
    sub(/^[^"]*"/, "", to); sub(/".*/, "", to)
    if (FILENAME ~ /\.cpp$/ && to !~ /\//) next
    n_includes++
    include_from[n_includes] = FILENAME
    include_to[n_includes] = to
    include_line[n_includes] = FNR
    if (to !~ /\//)
        fail(FILENAME ":" FNR, "includes \"" to "\": write it from the root, folder/name.h")
    check_order(FILENAME, to)
}
# Printing and exiting belong to cli. Out of memory (sim/base/mem.c) is the one exception.
FILENAME ~ /\.c$/ && FILENAME !~ /^(cli|tests|validation\/bench)\// &&
FILENAME != "sim/base/mem.c" && /(^|[^a-z_])((printf|puts|perror|exit) ?\(|stdout|stderr)/ &&
!/^[ \t]*(\*|\/\*)/ {
    fail(FILENAME ":" FNR, "prints or exits: only cli does")
}

END {
    for (i = 1; i <= n_includes; i++) {
        if (!known[include_to[i]] && include_to[i] != "cli/version.h" && include_to[i] ~ /\//)
            fail(include_from[i] ":" include_line[i], "no such file: " include_to[i])
        edges[include_from[i]] = edges[include_from[i]] " " include_to[i]
    }
    for (i = 1; i < ARGC; i++) {
        if (!has_spdx[ARGV[i]]) fail(ARGV[i], "no SPDX line among the first three")
        if (!state[ARGV[i]]) visit(ARGV[i], ARGV[i])
    }
    if (failed) exit 1
    print "layers: " ARGC - 1 " files, " n_includes " includes, in order"
}' "${files[@]}"

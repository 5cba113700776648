#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Man pages, completions and the reference of commands, generated from the table of commands.
source "$(dirname "$0")/lib.sh"
cd "$work"
"$autorac" docs -o manual

# a page for every command of the help, and groff has nothing to complain about
"$autorac" --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 } on { print substr($0, 5, 18) }' |
    sed 's/ *$//; s/ /-/g' >commands
[ "$(wc -l <commands)" -gt 20 ] || fail "commands: $(cat commands)"
while read -r name; do
    [ -s "manual/autorac-$name.1" ] || fail "no page for $name"
    sed 's/\\-/-/g' manual/autorac.1 | grep -cF "autorac-$name (1)" >/dev/null ||
        fail "autorac.1 does not list $name"
done <commands
if command -v groff >/dev/null; then
    for page in manual/*.1; do
        LC_ALL=C.UTF-8 groff -k -man -Tutf8 -ww "$page" 2>&1 >/dev/null | grep . && fail "$page: warnings"
    done
    LC_ALL=C.UTF-8 groff -k -man -Tutf8 -P-cbou manual/autorac-sim.1 >sim.txt
    grep -q 'trace.cycles A:B' sim.txt || fail "sim's options: $(cat sim.txt)"
else
    echo "note: no groff, pages not formatted"
fi

# bash: a command, the second word of one, an option
complete_bash() { # complete_bash WORD...: what the last one may become
    bash -c 'source manual/autorac.bash; COMP_WORDS=(autorac "$@"); COMP_CWORD=$#; _autorac; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$@"
}
[ "$(complete_bash cos)" = cosim ] || fail "bash: cos: $(complete_bash cos)"
[ "$(complete_bash trace con)" = convert ] || fail "bash: trace con: $(complete_bash trace con)"
[ "$(complete_bash trace convert --per)" = --perfetto ] || fail "bash: --per"
[ "$(complete_bash sim --trace-c)" = --trace-cycles ] || fail "bash: --trace-c"
touch design.yaml
[ "$(complete_bash sim desi)" = design.yaml ] || fail "bash: files"
if command -v zsh >/dev/null; then
    zsh -n manual/_autorac || fail "zsh: syntax"
    for want in "'cosim:" "'--trace-cycles="; do
        grep -qF -- "$want" manual/_autorac || fail "zsh: no $want"
    done
else
    echo "note: no zsh"
fi

# docs/reference is what the program says now
"$root/docs/reference/make.sh" "$autorac" "$make_workload" reference
diff -u "$root/docs/reference/commands.md" reference/commands.md >difference &&
    for page in parameters statistics; do
        diff -u "$root/docs/reference/$page.md" "reference/$page.md" >difference || break
    done || fail "docs/reference is stale: run docs/reference/make.sh: $(head -20 difference)"
finish

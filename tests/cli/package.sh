#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package: built, taken apart into a root of its own, and run from there.
source "$(dirname "$0")/lib.sh"
for tool in cpack dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || {
        echo "needs $tool (Debian package dpkg-dev)"
        exit 77
    }
done
cd "$work"
cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/package" -D CPACK_OUTPUT_FILE_PREFIX="$work/package" >log 2>&1 || fail "cpack: $(tail -5 log)"
deb=$(echo package/*.deb)
dpkg-deb -f "$deb" Depends >depends
for library in libhdf5 libyaml libopenblas verilator; do
    grep -q "$library" depends || fail "no dependency on $library: $(cat depends)"
done
dpkg-deb -x "$deb" root
program=$work/root/usr/bin/autorac
for file in man/man1/autorac-sim.1 bash-completion/completions/autorac zsh/vendor-completions/_autorac \
    autorac/params/isaac32.yaml doc/autorac/README.md; do
    [ -e "root/usr/share/$file" ] || [ -e "root/usr/share/$file.gz" ] || fail "no $file in the package"
done
expect 0 '^autorac [0-9.]+ \(([0-9a-f]{7,}|v[0-9]|unknown).*\)$' "$program" --version

# what it reads is what came with it
cp root/usr/share/autorac/params/isaac32.yaml kept
echo 'no_such_parameter: 1' >>root/usr/share/autorac/params/isaac32.yaml
"$make_workload" w.h5 1 4
expect 2 "root/usr/bin/../share/autorac/params/isaac32.yaml" "$program" sim root/usr/share/autorac/examples/small.yaml w.h5 -o bad
cp kept root/usr/share/autorac/params/isaac32.yaml
expect 0 '' "$program" sim -q root/usr/share/autorac/examples/small.yaml w.h5 -o good

export XDG_CACHE_HOME=$work/cache
expect 0 'RTL against model: equal' "$program" run --quick -o run
finish

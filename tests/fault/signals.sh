#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGINT, SIGTERM, SIGHUP and SIGPIPE at random moments (N for each command), to the process alone or to all of its group:
# the documented status, no process left behind, and the same command ends as if nothing had happened.
most=4
source "$(dirname "$0")/lib.sh"
RANDOM=${FAULT_SEED:-1}
echo "FAULT_SEED=${FAULT_SEED:-1}"
signals=(INT TERM HUP PIPE)

# alone SESSION: nothing runs in it any more, in three seconds at the latest.
alone() {
    for _ in $(seq 60); do
        pgrep -s "$1" >/dev/null || return 0
        sleep 0.05
    done
    return 1
}

# strike NAME AGAIN COMMAND...: AGAIN: what is added to the command when it is given once more.
strike() {
    local name=$1 again=$2 ms signal whom pid what n_hit=0
    shift 2
    ms=$(date +%s%3N)
    reference "$@"
    ms=$(($(date +%s%3N) - ms))
    for ((i = 0; i < most; i++)); do
        signal=${signals[i % 4]} whom=$((RANDOM % 2)) status=0
        fresh
        setsid env --default-signal=INT,HUP,PIPE "$@" >"$work/stdout" 2>"$work/stderr" &
        pid=$!
        sleep "$(awk -v ms=$ms -v r=$RANDOM 'BEGIN { printf "%.3f", ms * r / 32768e3 }')"
        if [ $whom -eq 0 ]; then kill -$signal $pid 2>/dev/null; else kill -$signal -- -$pid 2>/dev/null; fi || true
        wait $pid 2>/dev/null || status=$?
        what="$name: SIG$signal ($i)"
        if ! alone $pid; then
            fail "$what: left behind: $(pgrep -s $pid -a | head -3)"
            pkill -KILL -s $pid
        fi
        case $signal:$status in
        PIPE:141) # by the signal itself before the program ignores it, first thing
            [ ! -e out/x ] || fail "$what: exit 141"
            ;;
        PIPE:*) told "$what" 0 || true ;; # a closed pipe is found when it is written to
        *:0) ;;
        *:130 | TERM:143 | HUP:129) # by the signal itself before the program listens to it
            n_hit=$((n_hit + 1))
            [ "$(grep -c '^autorac: ' "$work/stderr")" -le 1 ] || fail "$what: $(head -c 400 "$work/stderr")"
            ;;
        *) fail "$what: exit $status: $(head -c 400 "$work/stderr")" ;;
        esac
        # shellcheck disable=SC2086
        resumes "$what" "$@" $again
    done
    printf '%-8s %3d signals, %3d of them ended it\n' "$name" "$most" "$n_hit"
}

"$make_workload" w.h5 1 8
"$make_workload" long.h5 3 2000
strike sim --force "$autorac" sim -q "$design" long.h5 -o out/x
strike sweep "" "$autorac" sim -q "$design" w.h5 -o out/x --sweep mvm.adc_bits=4,5,6 --jobs 2
strike search "" "${search[@]}" --jobs 2 -o out/x
if [ "$most" -gt 8 ] && command -v verilator >/dev/null; then
    most=12 XDG_CACHE_HOME=
    strike cosim --force "$autorac" cosim -q "$design" w.h5 -o out/x
fi
finish

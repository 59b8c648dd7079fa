#!/usr/bin/env bash
# How long ksplat takes for 20 and 10,000 frames of a real vmlinux, and how long its peers take: median of CPU seconds
# (user and system), a fresh process each time, the file in the page cache. Peers that are not installed are left out.
#
# usage: speed.sh KSPLAT VMLINUX [DECODE_STACKTRACE]
set -euo pipefail
ksplat=$(realpath "$1") vmlinux=$(realpath "$2") script=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$here" "$vmlinux" "$work" <<'PY'
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from agree import functions, pick
elf, work = sys.argv[2:]
import bisect
rows = sorted(functions(elf))
starts = sorted({int(l.split()[0], 16) for l in subprocess.run(["nm", elf], capture_output=True, text=True).stdout.splitlines() if len(l.split()) == 3})
for count in (20, 10000):
    with open(f"{work}/{count}.addr", "w") as plain, open(f"{work}/{count}.log", "w") as log:
        for address in pick(elf, count, 7):
            start, end, name = rows[bisect.bisect(rows, (address, 1 << 65)) - 1]
            size = starts[bisect.bisect(starts, start)] - start
            print(f"{address:#x}", file=plain)
            print(f" {name}+{address + 1 - start:#x}/{size:#x}", file=log)
PY

"$ksplat" index --index "$work/index" "$vmlinux" >/dev/null

# timed NAME RUNS INPUT COMMAND…
timed() {
    python3 - "$@" <<'PY'
import os, statistics, subprocess, sys
name, runs, command, given = sys.argv[1], int(sys.argv[2]), sys.argv[4:], sys.argv[3]
times, peak = [], 0
for _ in range(runs + 1):
    child = subprocess.Popen(command, stdin=open(given), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    times.append(usage.ru_utime + usage.ru_stime)
    peak = max(peak, usage.ru_maxrss)
print(f"{name:36} {statistics.median(times[1:]) * 1000:10.1f} ms {peak / 1024:8.0f} MiB")
PY
}
for count in 20 10000; do
    runs=$((count == 20 ? 11 : 3))
    echo "$count frames: CPU time, peak memory"
    timed "ksplat, from its index" $runs "$work/$count.log" "$ksplat" symbolize --index "$work/index" --vmlinux "$vmlinux" -
    timed "ksplat" $runs "$work/$count.log" "$ksplat" symbolize --index "$work/none" --vmlinux "$vmlinux" -
    mapfile -t addresses <"$work/$count.addr"
    if command -v blazecli >/dev/null; then
        timed "blazesym's CLI" $runs /dev/null blazecli symbolize elf --path "$vmlinux" "${addresses[@]}"
    fi
    if command -v eu-addr2line >/dev/null; then
        timed "eu-addr2line" $((runs / 2 + 1)) "$work/$count.addr" eu-addr2line -f -i -e "$vmlinux"
    fi
    if command -v llvm-symbolizer >/dev/null; then
        timed "llvm-symbolizer" $((runs / 2 + 1)) "$work/$count.addr" llvm-symbolizer -f -i -e "$vmlinux"
    fi
    if command -v addr2line >/dev/null; then
        timed "binutils addr2line" $((runs / 2 + 1)) "$work/$count.addr" addr2line -f -i -e "$vmlinux"
    fi
    if [ -n "$script" ] && [ "$count" = 20 ]; then
        timed "decode_stacktrace.sh" 1 "$work/$count.log" bash "$script" "$vmlinux"
    fi
done

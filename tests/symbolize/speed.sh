#!/usr/bin/env bash
# How long ksplat takes for 20 and 10,000 frames of a real vmlinux, and how long its peers take: medians of CPU time
# (user and system) and of wall time, a fresh process each time, the file in the page cache. All take turns, so that a
# machine that others use does not favour one. Peers that are not installed are left out.
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

# race NAME INPUT COMMAND…: takes part in the race.
race() { printf '%s\0' "$@" $'\n' >>"$work/race"; }

# Everybody runs so many times, in turn; the ratios are to what is called `ksplat`.
run() {
    python3 - "$work/race" "$1" <<'PY'
import os, statistics, subprocess, sys, time
runners = [r.strip("\0").split("\0") for r in open(sys.argv[1]).read().split("\n\0") if r]
cpu, wall, peak = ({r[0]: [] for r in runners} for _ in range(3))
for turn in range(int(sys.argv[2]) + 1):
    for name, given, *command in runners:
        started = time.monotonic()
        child = subprocess.Popen(command, stdin=open(given), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if turn:
            wall[name].append(time.monotonic() - started)
            cpu[name].append(usage.ru_utime + usage.ru_stime)
            peak[name].append(usage.ru_maxrss / 1024)
median = statistics.median
for name, *_ in runners:
    ratio = median(a / b for a, b in zip(cpu[name], cpu["ksplat"]))
    print(f"{name:24} {median(cpu[name]) * 1000:10.1f} ms {ratio:7.2f} {median(wall[name]) * 1000:10.1f} ms {max(peak[name]):6.0f} MiB")
PY
    rm "$work/race"
}

for count in 20 10000; do
    echo "$count frames: CPU time, its ratio to ksplat's, wall time, peak memory"
    race "ksplat" "$work/$count.log" "$ksplat" symbolize --index "$work/none" --vmlinux "$vmlinux" -
    race "ksplat, from its index" "$work/$count.log" "$ksplat" symbolize --index "$work/index" --vmlinux "$vmlinux" -
    mapfile -t addresses <"$work/$count.addr"
    if command -v blazecli >/dev/null; then
        race "blazesym's CLI" /dev/null blazecli symbolize elf --path "$vmlinux" "${addresses[@]}"
    fi
    if command -v eu-addr2line >/dev/null; then
        race "eu-addr2line" "$work/$count.addr" eu-addr2line -f -i -e "$vmlinux"
    fi
    if command -v llvm-symbolizer >/dev/null; then
        race "llvm-symbolizer" "$work/$count.addr" llvm-symbolizer -f -i -e "$vmlinux"
    fi
    if command -v addr2line >/dev/null; then
        race "binutils addr2line" "$work/$count.addr" addr2line -f -i -e "$vmlinux"
    fi
    run $((count == 20 ? 11 : 3))
done
if [ -n "$script" ]; then
    race "ksplat" "$work/20.log" "$ksplat" symbolize --index "$work/none" --vmlinux "$vmlinux" -
    race "decode_stacktrace.sh" "$work/20.log" bash "$script" "$vmlinux"
    echo "20 frames"
    run 1
fi

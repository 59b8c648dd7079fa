#!/usr/bin/env python3
"""Whether every frame of real oopses has the line that the source shows.

usage: oopses.py KSPLAT VMLINUX MODULES LOGS OOPSER.C

LOGS is a folder of consoles that tests/qemu/run.sh made, MODULES has oopser.ko and the kernel's own modules. All logs
go through one run. Of frames of oopser.ko the line must stand inside of the function that the frame names, and title
and signature must be what they are without source lines. Exits with 1 if not.
"""

import collections
import json
import re
import subprocess
import sys


def bodies(source):
    """Name → the lines of its definition, of a source in the kernel's style."""
    found, name = {}, None
    for number, line in enumerate(open(source), 1):
        start = re.match(r"^(?:[a-z].*[ *])(\w+)\(.*[^;]$", line)
        if start and not line.startswith(("#", "}", "\t", " ")):
            name, first = start.group(1), number
        elif line.startswith("}") and name:
            found.setdefault(name, range(first, number + 1))
            name = None
    return found


def scan(ksplat, logs, *options):
    command = [ksplat, "scan", "--format", "ndjson", *options, logs]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 1 or run.stderr:
        sys.exit(f"{run.returncode}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def places(report):
    """What has a function, and ought to have a line."""
    for trace in report["traces"]:
        for frame in trace["frames"]:
            if frame["function"] and (frame["offset"] is not None or frame["inlined"]):
                yield frame
    ip = report["instruction_pointer"]
    if ip and ip["function"]:
        yield ip
        yield from ip["inlined"]


def main():
    ksplat, vmlinux, modules, logs, source = sys.argv[1:]
    plain = scan(ksplat, logs)
    filled = scan(ksplat, logs, "--vmlinux", vmlinux, "--modules", modules)
    known = bodies(source)
    wrong, missing, checked, total = [], collections.Counter(), 0, 0
    for before, after in zip(plain, filled, strict=True):
        same = ["title", "signature", "function", "kind"]
        wrong += [(after["source"]["path"], key) for key in same if before[key] != after[key]]
        for frame in places(after):
            total += 1
            function = re.sub(r"\.(isra|constprop|part|cold)\b.*", "", frame["function"])
            if not frame["file"]:
                missing[(frame["function"], frame.get("module"))] += 1
            elif frame["file"].endswith("/oopser.c") and function in known:
                checked += 1
                if frame["line"] not in known[function]:
                    wrong.append((after["source"]["path"], function, frame["line"], known[function]))
    resolved = total - missing.total()
    print(f"{len(filled)} reports: {resolved} of {total} places have a line; {checked} were checked in the source")
    for name, count in missing.most_common(10):
        print(f"  {count:4} without a line: {name}")
    for row in wrong[:10]:
        print("  wrong:", row)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

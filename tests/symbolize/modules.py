#!/usr/bin/env python3
"""Whether ksplat says of a module what eu-addr2line says of the same module linked at fixed addresses.

usage: modules.py KSPLAT VMLINUX MODULE.ko COUNT [SEED]

A module is a relocatable file, all of whose sections stand at 0; linked, nothing of it is ambiguous. A tenth of the
addresses is taken from the sections that are thrown away after loading. File and line of every level are compared.
Exits with 1 unless all agree.
"""

import collections
import os
import random
import re
import subprocess
import sys
import tempfile

from agree import level, of_elfutils


def symbols(elf):
    """(section number, value, type, name) of the symbols of code and the names of the sections."""
    run = lambda *words: subprocess.run(["readelf", "-W", *words, elf], capture_output=True, text=True, check=True).stdout
    sections = {}
    for number, name in re.findall(r"^ +\[ *(\d+)\] (\S+) .* \w*AX\w* +\d+ +\d+ +\d+$", run("-S"), re.M):
        sections[number] = name
    rows = []
    for value, kind, number, name in re.findall(r"^ *\d+: (\w+) +\S+ (\w+) +\w+ +\w+ +(\d+) (\S+)$", run("-s"), re.M):
        if number in sections and kind in ("FUNC", "NOTYPE") and not name.startswith((".L", "$", "__pfx_")):
            rows.append((number, int(value, 16), kind, name))
    return rows, sections


def questions(module, fixed, count, seed):
    """(function, offset, size, address in the linked module)."""
    rows, sections = symbols(module)
    linked, _ = symbols(fixed)
    places = collections.defaultdict(list)
    for _, value, _, name in linked:
        places[name].append(value)
    names = collections.Counter(row[3] for row in rows)
    by_section = collections.defaultdict(set)
    for number, value, _, _ in rows:
        by_section[number].add(value)
    usual, discarded = [], []
    for number, value, kind, name in rows:
        behind = [v for v in by_section[number] if v > value]
        if kind == "FUNC" and names[name] == 1 and len(places[name]) == 1 and behind:
            size = min(behind) - value
            row = (name, size, places[name][0])
            (discarded if re.match(r"\.(init|exit)\.", sections[number]) else usual).append(row)
    source = random.Random(seed)
    for group, share in ((usual, count - count // 10), (discarded or usual, count // 10)):
        for name, size, start in source.choices(group, [row[1] for row in group], k=share):
            offset = source.randrange(size)
            yield name, offset, size, start + offset


def of_ksplat(ksplat, vmlinux, module, asked):
    name = os.path.basename(module).split(".")[0].replace("-", "_")
    # A return address stands one byte behind what is looked up.
    log = "".join(f" {function}+{offset + 1:#x}/{size:#x} [{name}]\n" for function, offset, size, _ in asked)
    command = [ksplat, "symbolize", "--vmlinux", vmlinux, "--modules", os.path.dirname(module), "-"]
    out = subprocess.run(command, input=log, capture_output=True, text=True, check=True).stdout
    answers, levels = [], []
    for line in out.splitlines():
        inline = re.match(r" (\S+) \((.*)\) \[inline\]$", line)
        own = re.match(r" (\S+?)\+0x\w+/0x\w+ \[\w+\](?: \((.*)\))?$", line)
        if inline:
            levels.append(level(*inline.groups()))
        elif own:
            answers.append([*levels, level(own.group(1), own.group(2) or "??:0")])
            levels = []
        else:
            sys.exit(f"ksplat printed {line!r}")
    return answers


def main():
    ksplat, vmlinux, module, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    with tempfile.TemporaryDirectory() as folder:
        fixed = os.path.join(folder, "fixed")
        link = ["ld", "--unresolved-symbols=ignore-all", "-Ttext=0x10000000", "-e0", "-o", fixed, module]
        subprocess.run(link, capture_output=True, check=True)
        asked = list(questions(module, fixed, count, int(sys.argv[5]) if len(sys.argv) > 5 else 1))
        ours = of_ksplat(ksplat, vmlinux, module, asked)
        theirs = list(of_elfutils(fixed, [q[3] for q in asked]))
    if not len(asked) == len(ours) == len(theirs):
        sys.exit(f"{len(asked)} questions, {len(ours)} and {len(theirs)} answers")
    places = lambda levels: [part[1:] for part in levels]
    leaf = sum(o[0][1:] == t[0][1:] for o, t in zip(ours, theirs))
    same = sum(places(o) == places(t) for o, t in zip(ours, theirs))
    print(f"{os.path.basename(module)}: of {len(asked)} addresses {leaf} agree on file and line, {same} on every level")
    wrong = [(q, o, t) for q, o, t in zip(asked, ours, theirs) if places(o) != places(t)]
    for question, our, their in wrong[:5]:
        print(f"  {question}\n    ksplat {our}\n    linked {their}")
    sys.exit(leaf < len(asked))


if __name__ == "__main__":
    main()

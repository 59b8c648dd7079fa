#!/usr/bin/env python3
"""Whether ksplat says of random addresses what llvm-symbolizer and eu-addr2line say.

usage: agree.py KSPLAT VMLINUX COUNT [SEED]

Function, file and line of every level of inlining are compared. Each class of difference is counted, with an example.
Exits with 1 if fewer than 99.5 % of the addresses agree with either.
"""

import collections
import os
import random
import re
import subprocess
import sys

FLOOR = 99.5
IGNORED = ("$", ".L", "__efistub_", "__kvm_nvhe_", "__pfx_")


def functions(elf):
    """(start, end, name) of the functions of a file. The padding behind them is left out: nothing runs there, and
    each tool has its own idea of whom it belongs to."""
    for line in subprocess.run(["nm", "-S", elf], capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tT" and not words[3].startswith(IGNORED):
            start, size = int(words[0], 16), int(words[1], 16)
            if 0 < size < 1 << 16:
                yield start, start + size, words[3]


def pick(elf, count, seed):
    """Addresses, by bytes of code, as crashes are."""
    every = list(functions(elf))
    source = random.Random(seed)
    chosen = source.choices(every, [end - start for start, end, _ in every], k=count)
    return [source.randrange(start, end) for start, end, _ in chosen]


def cleaned(path):
    """A path relative to the build directory or the tree."""
    path = os.path.normpath(path)
    for folder in ("debian/build/build_amd64_none_amd64/", "/linux-6.1."):
        if folder in path:
            path = path.split(folder, 1)[1]
            return path.split("/", 1)[1] if folder.startswith("/") else path
    return path


def level(function, place):
    """One level, with nothing in it that only one of the tools prints."""
    place = re.sub(r" \(discriminator \d+\)$", "", place)
    place = re.sub(r"^(.*:\d+):\d+$", r"\1", place)
    file, _, line = place.rpartition(":")
    function = None if function == "??" else re.sub(r"\.(isra|constprop|part|cold|llvm)\b.*$", "", function)
    if file in ("??", ""):
        return function, None, None
    return function, cleaned(file), None if line in ("0", "?") else line


def of_ksplat(ksplat, elf, addresses):
    # A frame's return address stands one byte behind what is looked up.
    log = "".join(f" [<{a + 1:016x}>] {a + 1:#x}\n" for a in addresses)
    command = [ksplat, "symbolize", "--vmlinux", elf, "--kaslr-offset", "0", "-"]
    out = subprocess.run(command, input=log, capture_output=True, text=True, check=True).stdout
    answers, levels = [], []
    for line in out.splitlines():
        inline = re.match(r" (\S+) \((.*)\) \[inline\]$", line)
        own = re.match(r" \[<\w+>\] (?:0x\w+)?(?:(\S+?)\+0x\w+/0x\w+)?(?: \((.*)\))?$", line)
        if inline:
            levels.append(level(*inline.groups()))
        elif own:
            levels.append(level(own.group(1) or "??", own.group(2) or "??:0"))
            answers.append(levels)
            levels = []
        else:
            sys.exit(f"ksplat printed {line!r}")
    return answers


def of_llvm(elf, addresses):
    asked = "".join(f"{a:#x}\n" for a in addresses)
    command = ["llvm-symbolizer", "-f", "-i", "-e", elf]
    out = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout
    for block in out.strip("\n").split("\n\n"):
        lines = block.split("\n")
        yield [level(*pair) for pair in zip(lines[::2], lines[1::2])]


def of_elfutils(elf, addresses):
    asked = "".join(f"{a:#x}\n" for a in addresses)
    command = ["eu-addr2line", "-a", "-f", "-i", "-e", elf]
    out = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout
    for block in re.split(r"^0x[0-9a-f]{16}\n", out, flags=re.M)[1:]:
        lines = [re.sub(r" inlined at .*", "", line) for line in block.rstrip("\n").split("\n")]
        yield [level(*pair) for pair in zip(lines[::2], lines[1::2])]


def difference(ours, theirs):
    """The class of a difference; None if there is none."""
    if ours == theirs:
        return None
    if [o[1:] for o in ours] == [t[1:] for t in theirs]:
        names = [(o[0], t[0]) for o, t in zip(ours, theirs) if o[0] != t[0]]
        if all(t is None for _, t in names):
            return "they have no name"
        if ours[:-1] == theirs[:-1]:
            return "another name of the outer function (symbol table and DWARF, aliases)"
        return "another name of an inlined function"
    if not theirs or theirs[0][1] is None:
        return "they have no line"
    if not ours or ours[0][1] is None:
        return "we have no line"
    if ours[0][1:] == theirs[0][1:]:
        return "another chain of inlined functions above the same line"
    return "another line"


def compare(what, ours, theirs, addresses):
    theirs = list(theirs)
    if len(theirs) != len(ours):
        sys.exit(f"{what} gave {len(theirs)} answers to {len(ours)} questions")
    classes, examples = collections.Counter(), {}
    for address, our, their in zip(addresses, ours, theirs):
        found = difference(our, their)
        if found:
            classes[found] += 1
            examples.setdefault(found, (address, our, their))
    same = len(ours) - classes.total()
    share = 100 * same / len(ours)
    # Where they know nothing there is nothing to agree with.
    fair = 100 * (same + classes["they have no name"] + classes["they have no line"]) / len(ours)
    print(f"{what}: {same} of {len(ours)} agree ({share:.2f} %), {fair:.2f} % where it knows the answer")
    for name, count in classes.most_common():
        address, our, their = examples[name]
        print(f"  {count:5} {name}: {address:#x}\n        ksplat {our}\n        {what} {their}")
    return fair


def main():
    ksplat, elf, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    addresses = pick(elf, count, int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    ours = of_ksplat(ksplat, elf, addresses)
    shares = [
        compare("llvm-symbolizer", ours, of_llvm(elf, addresses), addresses),
        compare("eu-addr2line", ours, of_elfutils(elf, addresses), addresses),
    ]
    sys.exit(min(shares) < FLOOR)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compares ksplat with llvm-symbolizer on what real compilers write: gcc and clang, DWARF 4 and 5, in one piece, in
.dwo files and in a package (.dwp). Every byte of a small program's code is looked up, inlined functions included.

usage: compilers.py KSPLAT [FOLDER]
Needs gcc, clang, ld, dwp or llvm-dwp, nm, llvm-symbolizer; what is not installed is left out.
"""
import os, re, shutil, subprocess, sys, tempfile

HEADER = """
static inline __attribute__((always_inline)) int innermost(volatile int *p)
{
	return *p + 1;
}
static inline __attribute__((always_inline)) int inner(volatile int *p)
{
	int a = innermost(p);
	if (a > 10)
		*p = a * 3;
	return a;
}
"""
OUTER = """
#include "linux/inner.h"
volatile int shared;
extern int other(int);
__attribute__((noinline)) int outer(int x)
{
	int r = inner(&shared);
	r += other(x);
	return r + inner(&shared);
}
__attribute__((noinline, section(".init.text"))) int setup(int x)
{
	return outer(x) + inner(&shared);
}
__attribute__((noinline, cold)) int rare(int x)
{
	for (int i = 0; i < x; i++)
		shared += inner(&shared);
	return outer(x);
}
"""
MAIN = """
#include "linux/inner.h"
extern volatile int shared;
extern int outer(int), setup(int), rare(int);
__attribute__((noinline)) int other(int x)
{
	return x < 0 ? inner(&shared) : x * 2;
}
int start_kernel(void)
{
	int a = outer(1);
	a += setup(2);
	return a + rare(other(a));
}
"""
LAYOUT = """
ENTRY(start_kernel)
SECTIONS {
	. = 0xffffffff81000000;
	.text : { *(.text .text.*) }
	. = 0xffffffff83000000;
	.init.text : { *(.init.text) }
	.data : { *(.data .bss COMMON) }
	/DISCARD/ : { *(.comment .note.GNU-stack .eh_frame) }
}
"""
SOURCES = {"include/linux/inner.h": HEADER, "kernel/outer.c": OUTER, "init/main.c": MAIN, "layout.ld": LAYOUT}


def build(folder, compiler, version, split):
    """Compiles and links the program; its vmlinux."""
    units = ["kernel/outer", "init/main"]
    flags = ["-O2", "-g", f"-gdwarf-{version}", "-ffreestanding", "-fno-pic", "-mcmodel=kernel", "-Iinclude"]
    for unit in units:
        more = ["-gsplit-dwarf"] if split else []
        subprocess.run([compiler, "-c", *flags, *more, "-o", f"{unit}.o", f"{unit}.c"], cwd=folder, check=True)
    objects = [f"{unit}.o" for unit in units]
    subprocess.run(["ld", "-T", "layout.ld", "-o", "vmlinux", *objects], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return os.path.join(folder, "vmlinux")


def package(folder, version):
    """Packs the .dwo files; whether a tool could. binutils' dwp 2.40 loses units of DWARF 5, and llvm-dwp 14 never ends
    on those of gcc."""
    halves = ["kernel/outer.dwo", "init/main.dwo"]
    for tool in ("llvm-dwp", "dwp") if version < 5 else ("llvm-dwp",):
        try:
            done = subprocess.run([tool, "-o", "vmlinux.dwp", *halves], cwd=folder, capture_output=True, timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            for half in halves:
                os.remove(os.path.join(folder, half))
            return True
    return False


def addresses(vmlinux):
    lines = subprocess.run(["nm", "-S", vmlinux], capture_output=True, text=True, check=True).stdout.splitlines()
    for words in map(str.split, lines):
        if len(words) == 4 and words[2] in "tT":
            yield from range(int(words[0], 16), int(words[0], 16) + int(words[1], 16))


def ours(ksplat, vmlinux, wanted):
    log = "Command line: nokaslr\n" + "".join(f"RIP: 0010:0x{address:016x}\n" for address in wanted)
    command = [ksplat, "symbolize", "--index", vmlinux + ".none", "--vmlinux", vmlinux, "-"]
    out = subprocess.run(command, input=log, capture_output=True, text=True, check=True).stdout
    chains, chain = [], []
    for line in out.splitlines()[1:]:
        place = re.search(r"(?:^|\] )([^\s+]+)(?:\+0x\S+)? \((\S+):(\d+|\?)\)( \[inline\])?$", line)
        chain.append(place.groups()[:3] if place else ("?", line, "?"))
        if not place or not place[4]:
            chains.append(chain)
            chain = []
    return chains


def theirs(vmlinux, wanted):
    command = ["llvm-symbolizer", "-f", "-i", "-e", vmlinux]
    asked = "".join(f"{address:#x}\n" for address in wanted)
    out = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout
    root = os.path.realpath(os.path.dirname(vmlinux)) + "/"
    for block in out.strip().split("\n\n"):
        lines = block.splitlines()
        places = [(name, *place.rsplit(":", 2)[:2]) for name, place in zip(lines[::2], lines[1::2])]
        yield [(name, file.removeprefix(root), "?" if line == "0" else line) for name, file, line in places]


def main():
    ksplat = os.path.realpath(sys.argv[1])
    top = os.path.realpath(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    failed = False
    for compiler in filter(shutil.which, ("gcc", "clang")):
        for version in (4, 5):
            whole = None
            for how in ("whole", "dwo", "dwp"):
                folder = os.path.join(top, f"{compiler}-{version}-{how}")
                for name, text in SOURCES.items():
                    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                    with open(os.path.join(folder, name), "w") as file:
                        file.write(text.lstrip())
                vmlinux = build(folder, compiler, version, how != "whole")
                if how == "dwp" and not package(folder, version):
                    print(f"{compiler}, DWARF {version}, dwp: no tool packs it")
                    continue
                wanted = list(addresses(vmlinux))
                found = ours(ksplat, vmlinux, wanted)
                whole = whole or found
                same = sum(a == b for a, b in zip(found, theirs(vmlinux, wanted)))
                ok = found == whole and len(found) == len(wanted) and same == len(wanted)
                failed |= not ok
                as_whole = "as in one piece" if found == whole else "NOT as in one piece"
                print(f"{compiler}, DWARF {version}, {how}: {same} of {len(wanted)} agree, {as_whole}")
    sys.exit(failed)


main()

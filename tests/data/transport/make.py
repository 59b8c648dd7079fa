#!/usr/bin/env python3
"""Makes the same log as other transports carry it, with the programs that carry it, next to console.log.

Needs Debian's util-linux, systemd-journal-remote, rsyslog and python3-yaml. What no program of a container can make (netconsole,
pstore, /dev/kmsg of another kernel, vendors' consoles, mail, web pages, LAVA) is written here from their sources.
"""
import html, json, os, re, struct, subprocess, sys, tempfile, textwrap, time
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = re.compile(rb"^\[ *(\d+)\.(\d{6})\] (.*)$")
SPAWNED = 1700000000
lines = [PREFIX.match(l).groups() for l in open(HERE + "/console.log", "rb").read().splitlines()]
records = [(int(s) * 1000000 + int(u), t) for s, u, t in lines]
console = [b"[%5d.%06d] %s" % (us // 1000000, us % 1000000, t) for us, t in records]

def save(name, out):
    open(os.path.join(HERE, name), "wb").write(out if isinstance(out, bytes) else b"\n".join(out) + b"\n")

def run(*args, **kw):
    return subprocess.run(args, stdout=subprocess.PIPE, check=True, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"}, **kw).stdout

def dmesg():
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"".join(b"<4>%s\n" % l for l in console)); f.flush()
        for name, args in {"raw": ["-r"], "decoded": ["-x"], "delta": ["-d"], "ctime": ["-T"], "ctime-delta": ["-T", "-d"], "relative": ["-e"],
                           "human": ["-H", "--color=always", "--nopager"], "iso": ["--time-format=iso"], "notime": ["-t"], "decoded-ctime": ["-x", "-T"]}.items():
            save(f"dmesg-{name}.log", run("dmesg", "-F", f.name, *args))

# dmesg -F -J of util-linux 2.38 does not end a message at its line; so dmesg reads these records in place of /dev/kmsg.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int kmsg = -1; static FILE *f;
int open(const char *path, int flags, ...) {
    if (!strcmp(path, "/dev/kmsg")) { f = fopen(getenv("KMSG"), "r"); return kmsg = fileno(f); }
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    return real(path, flags, 0644);
}
int __open_2(const char *path, int flags) { return open(path, flags); }
int open64(const char *path, int flags, ...) { return open(path, flags); }
off_t lseek(int fd, off_t o, int w) { if (fd == kmsg) return 0; off_t (*real)(int, off_t, int) = dlsym(RTLD_NEXT, "lseek"); return real(fd, o, w); }
off_t lseek64(int fd, off_t o, int w) { return lseek(fd, o, w); }
ssize_t read(int fd, void *b, size_t n) {
    if (fd == kmsg) { if (fgets(b, n, f)) return strlen(b); errno = EAGAIN; return -1; }
    ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    return real(fd, b, n);
}
ssize_t __read_chk(int fd, void *b, size_t n, size_t m) { return read(fd, b, n); }
"""

def dmesg_json():
    with tempfile.TemporaryDirectory() as d:
        open(d + "/shim.c", "w").write(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", d + "/shim.so", d + "/shim.c", "-ldl"], check=True)
        open(d + "/kmsg", "wb").write(b"".join(b"4,%d,%d,-;%s\n" % (500 + i, us, escape(t)) for i, (us, t) in enumerate(records)))
        for name, args in {"json": [], "json-decoded": ["-x"]}.items():
            out = subprocess.run(["dmesg", "-J", *args], stdout=subprocess.PIPE, check=True, env={**os.environ, "LD_PRELOAD": d + "/shim.so", "KMSG": d + "/kmsg"}).stdout
            save(f"dmesg-{name}.log", out)

def entry(us, text, extra=b""):
    field = b"MESSAGE=" + text + b"\n" if text.isascii() and b"\n" not in text and b"\x1b" not in text else b"MESSAGE\n" + struct.pack("<Q", len(text)) + text + b"\n"
    boot = b"0123456789abcdef0123456789abcdef"
    return (b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n_TRANSPORT=kernel\nPRIORITY=4\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\n"
            b"_SOURCE_MONOTONIC_TIMESTAMP=%d\n_MACHINE_ID=%s\n_HOSTNAME=testhost\n" % (SPAWNED * 1000000 + us, us, boot, us, boot) + field + extra + b"\n")

def journal(name, entries, modes):
    with tempfile.TemporaryDirectory() as d:
        remote = "/lib/systemd/systemd-journal-remote"
        subprocess.run([remote, "-o", d + "/a.journal", "-"], input=entries, check=True, stderr=subprocess.DEVNULL)
        for mode in modes:
            out = run("journalctl", "--file", d + "/a.journal", "--no-pager", "-q", "-o", mode)
            save(f"{name}-{mode}.log", out)

def journals():
    between = (b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_TRANSPORT=syslog\nSYSLOG_IDENTIFIER=crond\n"
               b"_PID=77\n_HOSTNAME=testhost\nMESSAGE=a job\n\n" % (SPAWNED * 1000000 + records[20][0], records[20][0]))
    entries = b"".join((between if i == 21 else b"") + entry(us, t) for i, (us, t) in enumerate(records))
    journal("journal", entries, ["short", "short-precise", "short-iso", "short-iso-precise", "short-full", "short-monotonic", "short-unix", "with-unit",
                                 "json", "json-pretty", "json-seq", "json-sse", "export"])
    # One frame's line has a byte that journalctl does not print.
    blob = b"".join(entry(us, t.replace(b"worker_thread", b"worker\x01\xff_thread")) for us, t in records)
    journal("blob", blob, ["short", "json"])

def syslogs():
    with tempfile.TemporaryDirectory() as d:
        conf = (f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{d}/s" UseSysTimeStamp="off" RateLimit.Interval="0")\n'
                f'global(workDirectory="{d}")\naction(type="omfile" file="{d}/old" template="RSYSLOG_TraditionalFileFormat")\n'
                f'action(type="omfile" file="{d}/new" template="RSYSLOG_FileFormat")\n')
        open(d + "/conf", "w").write(conf)
        p = subprocess.Popen(["rsyslogd", "-n", "-f", d + "/conf", "-i", d + "/pid"])
        while not os.path.exists(d + "/s"): time.sleep(0.1)
        import socket
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(d + "/s")
        for l in console: s.send(b"<4>Nov 14 22:13:20 kernel: " + l)
        time.sleep(1); p.terminate(); p.wait()
        host = os.uname().nodename.encode()
        save("syslog-traditional.log", open(d + "/old", "rb").read().replace(host, b"testhost"))
        save("syslog-rfc3339.log", open(d + "/new", "rb").read().replace(host, b"testhost"))

def escape(t): return b"".join(bytes([c]) if 32 <= c < 127 and c != 92 else b"\\x%02x" % c for c in t)

def kmsg():
    save("kmsg.log", [b"4,%d,%d,-,caller=T9;%s%s" % (500 + i, us, escape(t), b"\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00" if i % 7 == 3 else b"")
                      for i, (us, t) in enumerate(records)])
    save("dmesg-K.log", b"\0".join(b"4,%d,%d,-;%s\n" % (500 + i, us, escape(t)) for i, (us, t) in enumerate(records)))
    out, held = [], []
    for i, (us, t) in enumerate(records):
        t = escape(t); head = b"6.1.0-56-amd64,4,%d,%d,-" % (500 + i, us)
        if len(t) > 40:
            cut = len(t) // 2
            parts = [head + b",ncfrag=0/%d;" % len(t) + t[:cut], head + b",ncfrag=%d/%d;" % (cut, len(t)) + t[cut:]]
            out += parts[::-1] if i % 2 else parts
        else: out.append(head + b";" + t)
        if i % 9 == 4: out[-2:] = out[-2:][::-1]
    save("netconsole-extended.log", out)

def pstore():
    third = len(console) // 3
    parts = [console[:third], console[third:2 * third], console[2 * third:]]
    save("pstore-parts.log", b"".join(b"Oops#1 Part%d\n" % n + b"".join(b"<4>%s\n" % l for l in p) for n, p in enumerate(parts[::-1], 1)))
    save("pstore-systemd.log", b"".join(b"dmesg-efi-17000000000%d001:\nOops#1 Part%d\n" % (n, n) + b"".join(b"<4>%s\n" % l for l in p) + b"\n"
                                        for n, p in zip((3, 2, 1), parts)))
    save("ramoops-raw.log", b"====1700000000.123456-D\nOops#1 Part1\n" + b"".join(b"<4>%s\n" % l for l in console))

def shown():
    save("console-crlf.log", [l + b"\r" for l in console])
    save("console-cr.log", b"\r".join(console) + b"\r")
    save("console-ansi.log", [b"\x1b[32m" + l[:15] + b"\x1b[0m\x1b[33m" + l[15:20] + b"\x1b[0m" + l[20:] + b"\x1b[0m" for l in console])
    save("console-bom-nul.log", b"\xef\xbb\xbf" + b"".join(l + b"\0\n" for l in console))
    save("console-bare.log", [t for _, t in records])
    save("console-login.log", [(b"testhost login: " if b"cut here" in l else b"** 93 printk messages dropped ** " if b"WARNING:" in l else b"") + l for l in console])
    save("ci.log", [b"2023-11-14T22:13:20.1234567Z " + l for l in console])
    save("logread.log", [b"Tue Nov 14 22:13:20 2023 kern.warn kernel: " + l for l in console])
    save("android-mediatek.log", [l[:15] + b"(1)[9:kworker/0:1]" + l[15:] for l in console])
    save("android-mediatek.log", [l[:14] + b" (1)[9:kworker/0:1]" + l[15:] for l in console])
    save("android-samsung.log", [l[:14] + b" I[1:    kworker/0:1:    9] " + l[15:] for l in console])
    def wrap(l): return textwrap.wrap(l.decode(), 72, break_long_words=False, break_on_hyphens=False, drop_whitespace=True) if len(l) > 72 else [l.decode()]
    mail = ["From: A Person <a@example.org>", "Subject: a warning", "Message-ID: <1@example.org>", "", "On Tuesday somebody wrote:"]
    save("mail-quoted.log", "\n".join(mail + ["> " + w for l in console for w in wrap(l)] + ["", "Thanks."]).encode() + b"\n")
    save("mail-plain.log", "\n".join(mail + [w for l in console for w in wrap(l)] + ["", "Thanks."]).encode() + b"\n")
    import quopri
    save("mail-quoted-printable.log", "\n".join(mail[:3] + ["Content-Transfer-Encoding: quoted-printable", "", ""]).encode() + quopri.encodestring(b"\n".join(console) + b"\n"))
    save("page.html", "<!DOCTYPE html>\n<html><head><title>log</title></head><body><pre>\n".encode() + b"".join(html.escape(l.decode()).encode() + b"\n" for l in console) + b"</pre></body></html>\n")
    lava = [{"dt": "2023-11-14T22:13:20.000001", "lvl": "info", "msg": "start: 2.4.4 auto-login-action"}]
    lava += [{"dt": "2023-11-14T22:13:20.000001", "lvl": "target", "msg": l.decode()} for l in console]
    save("lava.yaml", "".join("- " + yaml.dump(e, default_flow_style=True, default_style='"', width=10**6, Dumper=yaml.CSafeDumper)[:-1] + "\n" for e in lava).encode())
    save("docker.json", b"".join(json.dumps({"log": l.decode() + "\n", "stream": "stdout", "time": "2023-11-14T22:13:20Z"}).encode() + b"\n" for l in console))

for make in dmesg, dmesg_json, journals, syslogs, kmsg, pstore, shown: make()

#!/bin/bash
# Provokes real kernel crashes in stock Debian kernels under QEMU and keeps their serial consoles.
set -eu

usage() {
	cat <<'END'
usage: run.sh amd64|arm64 [CASE…]

Boots one VM per case of cases.tsv (all that fit the architecture unless some are named) and
writes what its serial console says to OUT/ARCH/CASE.log, and a line per case to OUT/ARCH/summary.tsv:
ok or MISSING, architecture, case, the line that heads the crash, the function at fault.
The module that was used, with debug information, is kept as OUT/ARCH/oopser.ko.

environment:
  OUT                  where logs go (default: ./qemu-out)
  KSPLAT_QEMU_CACHE    where Debian packages and what is unpacked of them stay (default: a
                       temporary directory, removed at the end)
  KSPLAT_QEMU_KERNEL   kernel release, such as 6.1.0-56-amd64 (default: what Debian's
                       linux-image-ARCH depends on)
  KSPLAT_QEMU_TIMEOUT  seconds until a VM that does not end is killed (default: 90)

needs: apt-get and dpkg-deb (no root), make, gcc for the architecture, cpio, QEMU for the
architecture; on Debian 12: apt-get install --no-install-recommends make gcc bc cpio libelf1
qemu-system-x86 seabios; for arm64 also gcc-aarch64-linux-gnu qemu-system-arm
END
}

case ${1-} in
amd64 | arm64) ARCH=$1; shift ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

HERE=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-qemu-out}
TIMEOUT=${KSPLAT_QEMU_TIMEOUT:-90}
for name; do
	awk -F '\t' -v name="$name" -v arch="$ARCH" \
		'NR > 1 && $1 == name && ($6 == arch || $6 == "all") { found = 1 } END { exit !found }' "$HERE/cases.tsv" || {
		echo "run.sh: cases.tsv has no case $name for $ARCH" >&2
		exit 2
	}
done

TMP=$(mktemp -d)
VM=
trap '[ -z "$VM" ] || kill "$VM" 2>/dev/null || :; rm -rf "$TMP"' EXIT
CACHE=${KSPLAT_QEMU_CACHE:-$TMP/cache}
mkdir -p "$OUT/$ARCH" "$CACHE"
OUT=$(cd "$OUT" && pwd)
CACHE=$(cd "$CACHE" && pwd)
HOST_ARCH=$(dpkg --print-architecture)

# apt of one architecture with state of its own: needs no root and leaves the host as it is.
apt_of() { # ARCH PROGRAM ARGUMENT…
	local arch=$1 program=$2 dir=$CACHE/apt-$1
	shift 2
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	"$program" -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User="$(id -un)" \
		-o Dir::State="$dir/state" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" \
		-o Acquire::Languages=none "$@"
}

update_of() { # ARCH
	apt_of "$1" apt-get update >"$TMP/apt.log" 2>&1 || { cat "$TMP/apt.log" >&2; exit 1; }
}

depends_of() { # ARCH PACKAGE
	apt_of "$1" apt-cache depends "$2" | sed -n 's/^ *Depends: \([^<]*\)$/\1/p'
}

unpack() { # ARCH PACKAGE…
	local arch=$1 deb
	shift
	rm -rf "$TMP/debs"
	mkdir -p "$TMP/debs"
	(cd "$TMP/debs" && apt_of "$arch" apt-get download "$@" >"$TMP/apt.log" 2>&1) || { cat "$TMP/apt.log" >&2; exit 1; }
	for deb in "$TMP"/debs/*.deb; do
		dpkg-deb -x "$deb" "$ROOT"
	done
	rm -rf "$TMP/debs"
}

RELEASE=${KSPLAT_QEMU_KERNEL-}
[ -n "$RELEASE" ] || [ ! -e "$CACHE/release-$ARCH" ] || RELEASE=$(cat "$CACHE/release-$ARCH")
if [ -z "$RELEASE" ]; then
	update_of "$ARCH"
	RELEASE=$(depends_of "$ARCH" "linux-image-$ARCH" | sed -n 's/^linux-image-//p' | head -n 1)
	echo "$RELEASE" >"$CACHE/release-$ARCH"
fi
ROOT=$CACHE/root-$RELEASE
HEADERS=$ROOT/usr/src/linux-headers-$RELEASE

if [ ! -e "$ROOT/complete" ]; then
	echo "fetching Linux $RELEASE" >&2
	[ -d "$CACHE/apt-$ARCH" ] || update_of "$ARCH"
	[ -d "$CACHE/apt-$HOST_ARCH" ] || update_of "$HOST_ARCH"
	unpack "$ARCH" "linux-image-$RELEASE" "linux-headers-$RELEASE" busybox-static
	# Host programs of the kernel's build, and headers common to all architectures.
	# shellcheck disable=SC2046 # a list of package names
	unpack "$HOST_ARCH" $(depends_of "$ARCH" "linux-headers-$RELEASE" | grep -e -common -e linux-kbuild)
	# The headers' Makefile names its other half by an absolute path.
	sed -i "s#/usr/src/#$ROOT/usr/src/#" "$HEADERS/Makefile"
	touch "$ROOT/complete"
fi

case $ARCH in
amd64) CROSS=x86_64-linux-gnu- ;;
arm64) CROSS=aarch64-linux-gnu- ;;
esac
[ "$ARCH" != "$HOST_ARCH" ] || CROSS=

mkdir "$TMP/module"
cp "$HERE/oopser.c" "$HERE/Makefile" "$TMP/module/"
# No path of this machine in the module or its debug information: the same build everywhere.
make -C "$TMP/module" KDIR="$HEADERS" CROSS_COMPILE="$CROSS" CC="${CROSS}gcc" \
	KCFLAGS="-fdebug-prefix-map=$TMP/module=/usr/src/oopser-1.0 -fdebug-prefix-map=$ROOT=" >"$TMP/make.log" 2>&1 || {
	cat "$TMP/make.log" >&2
	exit 1
}
# Kept beside the logs: its symbols and DWARF tell which lines they are about.
cp "$TMP/module/oopser.ko" "$OUT/$ARCH/"

INITRD_DIR=$TMP/initramfs
mkdir -p "$INITRD_DIR"/{bin,dev,proc,sys,lib/modules}
cp "$ROOT/bin/busybox" "$INITRD_DIR/bin/"
for applet in sh cat dmesg insmod kill mkdir mount rmmod sleep tail; do
	ln -s busybox "$INITRD_DIR/bin/$applet"
done
echo 'void _start(void) { *(volatile int *)8 = 1; }' |
	"${CROSS}gcc" -x c -O -static -nostdlib -ffreestanding -o "$INITRD_DIR/bin/segfault" -
for module in crc16 mbcache jbd2 ext4 loop; do
	find "$ROOT/lib/modules/$RELEASE" -name "$module.ko" -exec cp {} "$INITRD_DIR/lib/modules/" \;
done
cp "$TMP/module/oopser.ko" "$INITRD_DIR/lib/modules/"
install -m 755 "$HERE/init" "$INITRD_DIR/init"
(cd "$INITRD_DIR" && find . | cpio -o -H newc -R 0:0 --quiet) >"$TMP/initrd"
mkfifo "$TMP/monitor"

run_case() { # NAME EXTRAS
	local name=$1 extras=$2 log=$OUT/$ARCH/$1.log console i
	local -a qemu
	[ "$extras" != - ] || extras=
	case $ARCH in
	amd64)
		console=ttyS0
		qemu=(qemu-system-x86_64 -cpu "max,la57=off")
		;;
	arm64)
		console=ttyAMA0
		qemu=(qemu-system-aarch64 -M virt -cpu "max,pauth-impdef=on")
		;;
	esac
	qemu+=(-accel tcg -smp 2 -m 512 -display none -no-reboot -net none -serial "file:$log" -monitor stdio
		-kernel "$ROOT/boot/vmlinuz-$RELEASE" -append "console=$console panic=-1${extras:+ $extras}")
	case " $extras " in
	*" ksplat.initrd=none "*) ;;
	*) qemu+=(-initrd "$TMP/initrd") ;;
	esac
	: >"$log"
	nice "${qemu[@]}" <>"$TMP/monitor" >"$TMP/monitor.log" 2>&1 &
	VM=$!
	for ((i = 0; i < TIMEOUT * 4; i++)); do
		sleep 0.25
		kill -0 "$VM" 2>/dev/null || break
		! grep -aq '^ksplat-test: done' "$log" || break
		if grep -aq '^ksplat-test: monitor' "$log"; then
			case " $extras " in
			*" ksplat.monitor=nmi "*) echo nmi >"$TMP/monitor" ;;
			*" ksplat.monitor=mce "*) echo "mce -b 1 1 0xb200000000000000 0x5 0 0" >"$TMP/monitor" ;;
			esac
			extras=
		fi
	done
	((i < TIMEOUT * 4)) || echo "$name: killed after $TIMEOUT s" >&2
	kill "$VM" 2>/dev/null || :
	wait "$VM" 2>/dev/null || :
	VM=
	[ -s "$log" ] || { echo "$name: no console output" >&2; cat "$TMP/monitor.log" >&2; }
}

wanted() { # NAME ARCHITECTURES CASE…
	local name=$1 archs=$2 one
	shift 2
	[ "$archs" = all ] || [ "$archs" = "$ARCH" ] || return 1
	[ $# -gt 0 ] || return 0
	for one; do
		[ "$one" != "$name" ] || return 0
	done
	return 1
}

SUMMARY=$OUT/$ARCH/summary.tsv
touch "$SUMMARY"
while IFS=$'\t' read -r name extras _ function header archs <&3; do
	wanted "$name" "$archs" "$@" || continue
	run_case "$name" "$extras"
	state=ok
	found=$(tr -d '\r' <"$OUT/$ARCH/$name.log" | grep -aE -m 1 "$header") || { state=MISSING; found=-; }
	# The column begins with the function, or several with "|" between them; "-" stands for none.
	fault=${function%%[ ,;]*}
	[ "$fault" = - ] || grep -aqwE "$fault" "$OUT/$ARCH/$name.log" || state=MISSING
	grep -vP "^\w+\t$ARCH\t\Q$name\E\t" "$SUMMARY" >"$TMP/summary" || :
	printf '%s\t%s\t%s\t%s\t%s\n' "$state" "$ARCH" "$name" "$found" "$function" | tee -a "$TMP/summary"
	cp "$TMP/summary" "$SUMMARY"
done 3< <(tail -n +2 "$HERE/cases.tsv")

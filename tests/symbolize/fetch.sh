#!/usr/bin/env bash
# Fetches Debian's kernel with its debug information (860 MB) and unpacks what the comparisons need (1.4 GB): vmlinux
# and some modules. Needs apt-get of a Debian with sources; no root.
#
# usage: fetch.sh FOLDER [PACKAGE]
set -euo pipefail
folder=$1
package=${2:-$(apt-cache depends linux-image-amd64-dbg | sed -n 's/.*Depends: //p')}
mkdir -p "$folder/root"
cd "$folder"
ls "${package}"_*.deb >/dev/null 2>&1 || apt-get download "$package"
dpkg-deb --fsys-tarfile "${package}"_*.deb | tar x -C root --wildcards \
    './usr/lib/debug/boot/*' '*/kernel/fs/ext4/*' '*/kernel/fs/xfs/*' '*/intel/e1000/*' '*/kernel/fs/jbd2/*' '*/kernel/lib/crc16.ko'
find "$PWD/root/usr/lib/debug/boot" -name 'vmlinux-*'

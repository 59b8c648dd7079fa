#!/usr/bin/env bash
# Map and reduce without an engine: shards of logs grouped by as many processes as there are cores, what they found
# merged. Any scheduler that can run a command on a list of files and fetch the file it wrote will do in place of xargs.
#
#   examples/scaling/map_reduce.sh [FOLDER OF LOGS [LOGS IN A SHARD]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export KSPLAT=${KSPLAT:-$root/target/release/ksplat}
logs=${1:-$root/examples/logs}
size=${2:-2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Shards: lists of files.
find "$logs" -type f -print0 | sort -z | split -t '\0' -l "$size" - "$work/shard."

# Map: a list of files -> groups.
export RAYON_NUM_THREADS=1
map() { xargs -0 "$KSPLAT" group --exit-zero --format json <"$1" >"$1.json"; }
export -f map
find "$work" -name 'shard.*' -print0 | xargs -0 -P "$(nproc)" -I '{}' bash -c 'map {}'

# Reduce: in any order, and in as many steps as one likes.
"$KSPLAT" group --exit-zero --format json --merge "$work"/shard.*.json >"$work/merged.json"

# The same as all at once.
"$KSPLAT" group --exit-zero --format json "$logs" >"$work/whole.json"
cmp "$work/merged.json" "$work/whole.json"
printf '%s shards of %s logs, %s bytes of groups: the same as all at once\n' \
    "$(find "$work" -name 'shard.*.json' | wc -l)" "$size" "$(cat "$work"/shard.*.json | wc -c)"

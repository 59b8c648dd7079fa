#!/usr/bin/env python3
"""Reports in SQL on one machine: DuckDB over `ksplat scan --format ndjson` (pip install duckdb)."""

import pathlib
import subprocess
import tempfile
import time

import duckdb

import common

GROUPS = """
SELECT signature, any_value(title) AS title, count(*) AS reports, count(DISTINCT source.path) AS logs
FROM read_json_auto(?, format = 'newline_delimited', maximum_object_size = 268435456)
GROUP BY signature ORDER BY reports DESC, signature
"""


def main():
    args = common.arguments(__doc__)
    args.rows = len(args.files)
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder, "reports.ndjson")
        start = time.monotonic()
        with saved.open("wb") as out:
            subprocess.run([args.ksplat, "scan", "--exit-zero", "--format", "ndjson", *map(str, args.files)],
                           check=True, stdout=out)
        scanned = time.monotonic()
        rows = duckdb.execute(GROUPS, [str(saved)]).fetchall()
        print(f"scan {scanned - start:.2f} s, SQL {time.monotonic() - scanned:.2f} s, "
              f"{saved.stat().st_size} bytes of NDJSON")
    for row in rows[:5]:
        print(*row, sep="\t")
    common.check({signature: count for signature, _, count, _ in rows}, args)


main()

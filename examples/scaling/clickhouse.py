#!/usr/bin/env python3
"""A table of logs, grouped by signature in SQL: ksplat as an executable function of ClickHouse.

Runs ClickHouse inside this process (pip install chdb). A server takes the same `ksplat.xml` in its configuration, with
`ksplat` in its folder of user scripts.
"""

import pathlib
import tempfile
import time

import chdb.session

import common

FUNCTION = """
<functions>
  <function>
    <type>executable_pool</type>
    <name>ksplat_sig</name>
    <return_type>String</return_type>
    <argument><type>String</type><name>log</name></argument>
    <format>TabSeparated</format>
    <command>RAYON_NUM_THREADS=1 exec {ksplat} sig --stream tsv --chunked</command>
    <execute_direct>0</execute_direct>
    <send_chunk_header>1</send_chunk_header>
    <pool_size>{cores}</pool_size>
    <max_command_execution_time>3600</max_command_execution_time>
    <command_read_timeout>600000</command_read_timeout>
    <command_write_timeout>600000</command_write_timeout>
  </function>
</functions>
"""

GROUPS = """
SELECT report.signature AS signature, any(report.title) AS title, count() AS reports, uniqExact(path) AS logs
FROM (
    SELECT path, arrayJoin(JSONExtract(ksplat_sig(log), 'reports',
           'Array(Tuple(signature String, title String, class String))')) AS report
    FROM logs
)
GROUP BY signature ORDER BY reports DESC, signature
"""


def main():
    args = common.arguments(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        functions = pathlib.Path(folder, "functions")
        functions.mkdir()
        (functions / "ksplat.xml").write_text(FUNCTION.format(ksplat=args.ksplat, cores=args.cores))
        session = chdb.session.Session(f"{folder}/data?udf_path={functions}")
        session.query("CREATE DATABASE IF NOT EXISTS example")
        session.query("USE example")
        session.query("CREATE TABLE logs (path String, log String) ENGINE = MergeTree ORDER BY path")
        for path, times in common.repeats(args).items():
            session.query(f"INSERT INTO logs SELECT '{path}', raw_blob FROM "
                          f"file('{path}', 'RawBLOB', 'raw_blob String') AS file, numbers({times}) AS times")
        start = time.monotonic()
        # A block is what a process gets at once: a small one keeps all of them busy.
        settings = f"SETTINGS max_threads = {args.cores}, max_block_size = 4096"
        lines = str(session.query(f"{GROUPS} {settings} FORMAT TabSeparated")).splitlines()
        seconds = time.monotonic() - start
        size = int(str(session.query("SELECT sum(length(log)) FROM logs")))
        session.close()
    for line in lines[:5]:
        print(line)
    print(f"{seconds:.2f} s, {args.rows / seconds:.0f} logs/s, {size / seconds / 1e6:.0f} MB/s")
    rows = (line.split("\t") for line in lines)
    common.check({signature: int(count) for signature, _, count, _ in rows}, args)


main()

#!/usr/bin/env python3
"""Logs grouped by signature with Spark: each partition is piped through one ksplat (pip install pyspark; Java 17)."""

import json
import time

from pyspark.sql import SparkSession

import common


def record(numbered):
    """A row of `sig --stream jsonl`. Latin-1 takes any byte; a log in UTF-8 is better decoded so."""
    number, path = numbered
    return json.dumps({"id": number, "log": open(path, "rb").read().decode("utf-8", "replace")})


def reports(answer):
    """The signatures of an answer."""
    answer = json.loads(answer)
    if "error" in answer:
        raise ValueError(f"log {answer['id']}: {answer['error']}")
    return [(report["signature"], 1) for report in answer["reports"]]


def main():
    args = common.arguments(__doc__)
    session = SparkSession.builder.master(f"local[{args.cores}]").appName("ksplat").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    paths = [str(path) for path, times in common.repeats(args).items() for _ in range(times)]
    logs = session.sparkContext.parallelize(list(enumerate(paths)), args.cores * 2).map(record)
    start = time.monotonic()
    # As many processes as cores run at a time, so each takes one.
    answers = logs.pipe(f"{args.ksplat} sig --stream jsonl", env={"RAYON_NUM_THREADS": "1"}, checkCode=True)
    found = dict(answers.flatMap(reports).reduceByKey(lambda a, b: a + b).collect())
    seconds = time.monotonic() - start
    session.stop()
    print(f"{seconds:.2f} s, {args.rows / seconds:.0f} logs/s")
    common.check(found, args)


main()

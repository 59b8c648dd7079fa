"""What the examples share: the program, the logs, and the answer that each of them has to give."""

import argparse
import collections
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments(description):
    """The command line of an example."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("logs", nargs="*", type=pathlib.Path, default=[ROOT / "examples/logs"],
                        help="folders of logs (those of the repository)")
    parser.add_argument("--rows", type=int, default=0,
                        help="repeat the logs to so many rows (each once)")
    parser.add_argument("--ksplat", default=os.environ.get("KSPLAT", str(ROOT / "target/release/ksplat")),
                        help="the program ($KSPLAT, or target/release/ksplat)")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="how many to use")
    args = parser.parse_args()
    args.ksplat = str(pathlib.Path(args.ksplat).resolve())
    args.files = sorted(p for folder in args.logs for p in folder.rglob("*") if p.is_file())
    args.rows = args.rows or len(args.files)
    return args


def repeats(args):
    """How often each file stands in the table."""
    whole, rest = divmod(args.rows, len(args.files))
    return {path: whole + (number < rest) for number, path in enumerate(args.files)}


def expected(args):
    """Reports by signature, as `ksplat group` counts them."""
    counts = collections.Counter()
    paths = [str(p) for p in args.files]
    found = subprocess.run([args.ksplat, "group", "--exit-zero", "--format", "json", *paths],
                           check=True, stdout=subprocess.PIPE)
    times = {str(path): n for path, n in repeats(args).items()}
    for group in json.loads(found.stdout)["groups"]:
        for member in group["members"]:
            counts[group["signature"]] += times[member["path"]]
    return {signature: n for signature, n in counts.items() if n}


def check(found, args):
    """Ends with an error unless `found` (reports by signature) is what `ksplat group` says."""
    wanted = expected(args)
    if dict(found) != wanted:
        raise SystemExit(f"not what `ksplat group` says:\n{dict(found)}\n{wanted}")
    print(f"{args.rows} logs, {sum(wanted.values())} reports, {len(wanted)} signatures: as `ksplat group` says")

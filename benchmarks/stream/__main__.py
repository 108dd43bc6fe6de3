"""Command line: `python -m benchmarks.stream [--quick]`. For Linux; all is on loopback and ends by itself."""

import argparse
import asyncio
import json
import resource
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvloop

from benchmarks.stream.plan import FULL, QUICK, Plan
from benchmarks.stream.plot import plot
from benchmarks.stream.report import report
from benchmarks.stream.rounds import Results, run, say

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs/benchmarks"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description="Measures the stream.")
    parser.add_argument("--quick", action="store_true", help="few sockets and rounds, to see whether it works")
    parser.add_argument("--into", type=Path, help="the folder of the results: docs/benchmarks, or none with --quick")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else FULL
    _allow_sockets(max(*plan.deliveries, *plan.interest, plan.storm_clients))
    folder = arguments.into or (None if arguments.quick else FOLDER)
    began = time.monotonic()
    with TemporaryDirectory() as scratch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(run(plan, Path(scratch), partial(_keep, plan, folder)))
    say(f"took {(time.monotonic() - began) / 60:.1f} minutes")
    print(report(plan, results))
    if results.failures:
        sys.exit(1)


def _keep(plan: Plan, folder: Path | None, results: Results) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stream.md").write_text(report(plan, results))
        (folder / "stream.svg").write_text(plot(results))
        (folder / "stream.json").write_text(json.dumps(asdict(results), indent=1) + "\n")


def _allow_sockets(count: int) -> None:
    """For this process and those that it starts. Exits where the system does not let it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + 500:
        sys.exit(f"{count:,} sockets need as many open files, and the limit here is {hard:,}: raise it (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()

"""Fuzzing of the native code: `python -m tests.fuzz run|minimise|totals|sanitize|coverage`.

All state is in one folder, `build/fuzz` by default, so that a run goes on where the last one
stopped: `corpus/HARNESS`, `crashes/HARNESS-...` (inputs that broke a promise) and `runs.jsonl`
(what each run did). Needs clang; the harnesses are compiled when they changed. `sanitize` and
`coverage` run them over vectors, invalid files and the corpus instead (replays.py).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.harnesses import ENVIRONMENT, HARNESSES
from tests.fuzz.replays import SANITIZERS, coverage, sanitize
from tests.fuzz.seeds import write_seeds

_HERE = Path(__file__).parent
_BINARIES = _HERE.parents[1] / "build" / "fuzz" / "fuzz"
_LONGEST = {"fuzz_decode": 20_000, "fuzz_reuse": 4_000, "fuzz_select": 1_000}  # bytes of an input
_SLICE = 1200  # seconds of one harness before the next one has its turn


def build() -> None:
    """Compile the harnesses that changed."""
    command = ["make", "--silent", "-C", str(_HERE), f"-j{os.cpu_count() or 1}", "FLAVOUR=fuzz"]
    subprocess.run(command, check=True)


def run(folder: Path, seconds: float, names: list[str]) -> list[Path]:
    """Fuzz for `seconds` of CPU time, all harnesses together; returns all crashes so far."""
    binaries = folder / "bin"  # a build meanwhile does not disturb
    shutil.rmtree(binaries, ignore_errors=True)
    binaries.mkdir(parents=True)
    for name in names:
        shutil.copy2(_BINARIES / name, binaries)
    _corpus_of(folder)
    (folder / "crashes").mkdir(exist_ok=True)
    whole = sum(HARNESSES[name] for name in names)
    left = {name: seconds * HARNESSES[name] / whole for name in names}
    while any(value >= 1 for value in left.values()):
        for name in names:
            slice_ = min(left[name], _SLICE * HARNESSES[name])
            if slice_ >= 1:
                left[name] -= _fuzz(folder, name, slice_)
    return sorted((folder / "crashes").iterdir())


def _corpus_of(folder: Path) -> Path:
    """The corpora in `folder`; where there are none yet, seeds."""
    corpus = folder / "corpus"
    if not corpus.is_dir():
        write_seeds(corpus)
    return corpus


def _fuzz(folder: Path, name: str, seconds: float) -> float:
    """One slice; returns the CPU seconds it took. Ends early where an input broke a promise."""
    before, started = os.times(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ran = subprocess.run(
        [
            folder / "bin" / name,
            folder / "corpus" / name,
            f"-max_total_time={max(int(seconds), 1)}",
            f"-max_len={_LONGEST[name]}",
            f"-artifact_prefix={folder / 'crashes'}/{name}-",
            "-timeout=1000",  # of wall time, which says little on a busy machine
            "-report_slow_units=1000",
            "-rss_limit_mb=3000",
            "-print_final_stats=1",
            "-reload=0",
        ],
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | ENVIRONMENT,
        check=False,
    )
    after = os.times()
    spent = sum(after[2:4]) - sum(before[2:4])
    executed = re.search(r"number_of_executed_units: (\d+)", ran.stderr)
    record = {
        "harness": name, "started": started, "cpu_seconds": round(spent, 1),
        "executions": int(executed[1]) if executed else 0, "status": ran.returncode,
    }  # fmt: skip
    with (folder / "runs.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")
    if ran.returncode != 0:
        (folder / f"last-failure-{name}.log").write_text(ran.stderr[-100_000:])
    return max(spent, 1.0)


def minimise(folder: Path, names: list[str]) -> None:
    """Keep of each corpus the smallest inputs that together reach what all of it reaches."""
    for name in names:
        corpus, smaller = folder / "corpus" / name, folder / f"minimised-{name}"
        shutil.rmtree(smaller, ignore_errors=True)
        smaller.mkdir()
        options = ["-merge=1", f"-max_len={_LONGEST[name]}"]
        command = [str(_BINARIES / name), *options, str(smaller), str(corpus)]
        merged = subprocess.run(
            command, capture_output=True, text=True, errors="replace",
            env=os.environ | ENVIRONMENT, check=False,
        )  # fmt: skip
        count = sum(1 for _ in smaller.iterdir())
        if merged.returncode != 0 or count == 0:
            sys.exit(f"{name}: not minimised: {merged.stderr[-300:]}")
        print(f"{name}: {sum(1 for _ in corpus.iterdir())} inputs are now {count}")
        shutil.rmtree(corpus)
        smaller.rename(corpus)


def totals(folder: Path) -> None:
    """Print CPU hours and executions of all runs so far."""
    runs = folder / "runs.jsonl"
    records = [json.loads(line) for line in runs.read_text().splitlines()] if runs.exists() else []
    for name in [*HARNESSES, "all"]:
        chosen = [each for each in records if name in (each["harness"], "all")]
        hours = sum(each["cpu_seconds"] for each in chosen) / 3600
        print(f"{name:12} {hours:6.2f} CPU h {sum(r['executions'] for r in chosen):12,} executions")


def main() -> int:
    """Do what the command line asks for; 1 if there are inputs that break a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    commands = ["run", "minimise", "totals", "sanitize", "coverage"]
    parser.add_argument("command", choices=commands)
    parser.add_argument("--folder", type=Path, default=_BINARIES.parent / "state")
    parser.add_argument("--seconds", type=float, default=600, help="CPU seconds, of all together")
    parser.add_argument("--sanitizer", action="append", choices=SANITIZERS, help="both by default")
    parser.add_argument("--harness", action="append", choices=sorted(HARNESSES))
    arguments = parser.parse_args()
    names = arguments.harness or list(HARNESSES)
    if arguments.command == "totals":
        totals(arguments.folder)
        return 0
    if arguments.command == "sanitize":
        return sanitize(_corpus_of(arguments.folder), arguments.sanitizer or SANITIZERS)
    if arguments.command == "coverage":
        return coverage(_corpus_of(arguments.folder))
    build()
    if arguments.command == "minimise":
        minimise(arguments.folder, names)
        return 0
    crashes = run(arguments.folder, arguments.seconds, names)
    totals(arguments.folder)
    for crash in crashes:
        print(f"crash: {crash}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())

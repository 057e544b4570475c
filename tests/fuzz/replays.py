"""Harnesses over every vector, invalid file and fuzz input: sanitizer reports, line coverage."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.codec.packets import packets_of
from tests.data_folder import INVALID, VECTORS, invalid, vector
from tests.fuzz.harnesses import ENVIRONMENT, HARNESSES
from tests.fuzz.seeds import ivf

__all__ = ["REPLAYS"]

_ROOT = Path(__file__).parents[2]
_REPORT = re.compile(r"runtime error|ERROR: |WARNING: ThreadSanitizer|BROKEN PROMISE|FAILED")
_AT_ONCE = 40  # inputs of one process


def sanitize(corpus: Path) -> int:
    """Run all under the address, undefined-behaviour and thread sanitizers; 1 if one reports."""
    reports = 0
    for flavour in ("address", "thread"):
        tests = "plain" if flavour == "address" else flavour  # the C++ tests' name for it
        _make("fuzz", flavour)
        _make("cpp", tests)
        count = 0
        for command in [*_tests(tests), *_harness_runs(flavour, corpus)]:
            ran = _run(command)
            count += 1
            if ran.returncode != 0 or _REPORT.search(ran.stderr):
                reports += 1
                print(f"{flavour}: {command[0]}:\n{ran.stderr[-4000:]}")
        print(f"{flavour}: {count} runs, {reports} reports so far", flush=True)
    return 1 if reports else 0


def coverage(corpus: Path) -> int:
    """Print the share of lines of our native code that C++ tests and fuzz inputs reach."""
    _make("fuzz", "coverage")
    _make("cpp", "coverage")
    with tempfile.TemporaryDirectory() as folder:
        for name, commands in {
            "C++ tests": _tests("coverage"),
            "fuzz corpus": _corpus_runs("coverage", corpus),
        }.items():
            for number, command in enumerate(commands):
                _run(command, LLVM_PROFILE_FILE=f"{folder}/{name[0]}{number}.profraw")
            _print_coverage(name, sorted(Path(folder).glob(f"{name[0]}*.profraw")))
        _print_coverage("both", sorted(Path(folder).glob("*.profraw")))
    return 0


REPLAYS = {"sanitize": sanitize, "coverage": coverage}


def _make(folder: str, flavour: str) -> None:
    where = _ROOT / "tests" / folder
    jobs = f"-j{os.cpu_count() or 1}"
    made = subprocess.run(["make", "-s", "-C", where, jobs, f"FLAVOUR={flavour}"], check=False)
    if made.returncode != 0:
        sys.exit(f"tests/{folder} cannot be built for {flavour}")


def _run(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False,
        env=os.environ | ENVIRONMENT | variables,
    )  # fmt: skip


def _folder(kind: str, flavour: str) -> Path:
    if (kind, flavour) == ("cpp", "plain"):
        return _ROOT / "tests" / "cpp" / "build"
    return _ROOT / "build" / kind / flavour


def _tests(flavour: str) -> list[list[str]]:
    built = _folder("cpp", flavour).glob("test_*")
    return [[str(path)] for path in sorted(built) if not path.suffix]


def _corpus_runs(flavour: str, corpus: Path) -> list[list[str]]:
    commands = []
    for name in HARNESSES:
        inputs = sorted(map(str, (corpus / name).glob("*")))
        for start in range(0, len(inputs), _AT_ONCE):
            commands.append(
                [str(_folder("fuzz", flavour) / name), *inputs[start : start + _AT_ONCE]]
            )
    return commands


def _harness_runs(flavour: str, corpus: Path) -> Iterator[list[str]]:
    yield from _corpus_runs(flavour, corpus)
    for path in [*map(vector, VECTORS), *map(invalid, INVALID)]:
        with _as_ivf(path, threads=4 if flavour == "thread" else 1) as inputs:
            yield [str(_folder("fuzz", flavour) / "fuzz_decode"), *inputs]


@contextmanager
def _as_ivf(path: Path, threads: int) -> Iterator[list[str]]:
    """The whole of a file as inputs of fuzz_decode: any trace, with and without row-MT."""
    packets = packets_of(path)
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for plan in range(0, 24, 4):  # a full trace, none, part of one
            name = f"{folder}/{plan}-{path.name}"
            code = plan | threads.bit_length() - 1
            Path(name).write_bytes(ivf(packets, bytes([code, 2, 4, 1])))
            inputs.append(name)
        yield inputs


def _print_coverage(name: str, profiles: list[Path]) -> None:
    merged = profiles[0].parent / "merged"
    command = ["llvm-profdata", "merge", "-sparse", "-o", str(merged), *map(str, profiles)]
    subprocess.run(command, check=True)
    programs = [
        *(_folder("fuzz", "coverage") / harness for harness in HARNESSES),
        *(Path(command[0]) for command in _tests("coverage")),
    ]
    objects = [argument for program in programs[1:] for argument in ("-object", str(program))]
    exported = subprocess.run(
        ["llvm-cov", "export", "-format=lcov", str(programs[0]), *objects,
         f"-instr-profile={merged}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    hits = _line_hits(exported.stdout)
    share = 100 * sum(count > 0 for count in hits.values()) / max(len(hits), 1)
    print(f"{name}: {share:.1f} % of {len(hits)} lines", flush=True)


def _line_hits(lcov: str) -> dict[tuple[str, int], int]:
    """How often each line of ours ran; a file may be listed under several paths."""
    hits: dict[tuple[str, int], int] = {}
    file, ours = "", re.compile(r"/csrc/|/palantir_observer\.")
    for line in lcov.splitlines():
        if line.startswith("SF:"):
            file = os.path.normpath(line[3:])
            file = file if ours.search(file) else ""
        elif line.startswith("DA:") and file:
            number, count = map(int, line[3:].split(",")[:2])
            at = (Path(file).name, number)
            hits[at] = max(hits.get(at, 0), count)
    return hits

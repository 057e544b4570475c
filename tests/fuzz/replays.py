"""Harnesses over every vector, invalid file and fuzz input: sanitizer reports, line coverage."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from palantir.errors import MediaError
from palantir.media import VideoSource
from tests.codec.packets import packets_of
from tests.data_folder import INVALID, VECTORS, invalid, vector
from tests.fuzz.harnesses import ENVIRONMENT, HARNESSES
from tests.fuzz.seeds import ivf

__all__ = ["PROMISED", "SANITIZERS", "coverage", "sanitize"]

_ROOT = Path(__file__).parents[2]
_REPORT = re.compile(r"runtime error|ERROR: |WARNING: ThreadSanitizer|BROKEN PROMISE|FAILED")
_AT_ONCE = 40  # inputs of one process
_LARGE = 11_000_000  # pixels of all frames: more take minutes under a sanitizer
_IN_PYTHON = ("tests/codec/test_decoder.py", "tests/codec/test_invalid.py", "tests/live_input",
              "tests/enhance/test_enhancer.py", "tests/enhance/test_reuse_detail.py")  # fmt: skip
SANITIZERS = ("address", "thread")
PROMISED = {"fuzz corpus": 80, "both": 90}  # per cent of lines


def sanitize(corpus: Path, flavours: Iterable[str] = SANITIZERS) -> int:
    """Run all under the sanitizers of `flavours`; 1 if one reports anything."""
    reports = 0
    for flavour in flavours:
        tests = "plain" if flavour == "address" else flavour  # the C++ tests' name for it
        _make("fuzz", flavour)
        _make("cpp", tests)
        started, count = time.monotonic(), 0
        for count, command in enumerate(_sanitized(flavour, tests, corpus), start=1):
            reports += _reports(flavour, command)
            if count % 50 == 0:
                print(f"{flavour}: {count} runs so far", flush=True)
        minutes = (time.monotonic() - started) / 60
        print(f"{flavour}: {count} runs, {minutes:.0f} min; {reports} reports in all", flush=True)
    return 1 if reports else 0


def _sanitized(flavour: str, tests: str, corpus: Path) -> Iterator[list[str]]:
    yield from _tests(tests)
    if flavour == "address":
        yield _in_python()
    for path in [*map(vector, VECTORS), *map(invalid, INVALID)]:
        with _as_ivf(path, flavour) as inputs:
            if inputs:
                yield [_harness(flavour, "fuzz_decode"), *inputs]
    yield from _corpus_runs(flavour, corpus)


def _in_python() -> list[str]:
    """Python tests with the extension under the address sanitizer (sanitized_extension.py)."""
    _make("fuzz", "address", "extension")
    libraries = ("libasan.so", "libstdc++.so")  # Python must load them before all else
    core = _folder("fuzz", "address") / "extension" / "_core.so"
    return [
        "env", f"LD_PRELOAD={' '.join(map(_library, libraries))}",
        f"PALANTIR_SANITIZED_CORE={core}",
        "ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1",  # Python's own are many
        sys.executable, "-m", "pytest", "-q", "-p", "tests.fuzz.sanitized_extension", *_IN_PYTHON,
    ]  # fmt: skip


def _library(name: str) -> str:
    command = ["g++", f"-print-file-name={name}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return os.path.realpath(ran.stdout.strip())


def _reports(flavour: str, command: list[str]) -> bool:
    """Whether a run of `command` reported anything; if so, it is printed."""
    ran = _run(command)
    reported = ran.returncode != 0 or bool(_REPORT.search(ran.stderr))
    if reported:
        print(f"{flavour}: {command[0]}:\n{ran.stdout[-2000:]}{ran.stderr[-4000:]}", flush=True)
    return reported


def coverage(corpus: Path) -> int:
    """Print the share of lines of our native code that C++ tests and fuzz inputs reach.

    1 where it is less than PROMISED.
    """
    _make("fuzz", "coverage")
    _make("cpp", "coverage")
    runs = {"C++ tests": _tests("coverage"), "fuzz corpus": _corpus_runs("coverage", corpus)}
    shares = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, commands in runs.items():
            for number, command in enumerate(commands):
                _run(command, LLVM_PROFILE_FILE=f"{folder}/{name[0]}{number}.profraw")
            shares[name] = _print_coverage(name, sorted(Path(folder).glob(f"{name[0]}*.profraw")))
        shares["both"] = _print_coverage("both", sorted(Path(folder).glob("*.profraw")))
    return int(any(shares[name] < least for name, least in PROMISED.items()))


def _make(folder: str, flavour: str, target: str = "all") -> None:
    where = _ROOT / "tests" / folder
    jobs = f"-j{os.cpu_count() or 1}"
    made = subprocess.run(
        ["make", "-s", "-C", where, jobs, f"FLAVOUR={flavour}", target], check=False
    )
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


def _harness(flavour: str, name: str) -> str:
    return str(_folder("fuzz", flavour) / name)


def _tests(flavour: str) -> list[list[str]]:
    built = _folder("cpp", flavour).glob("test_*")
    return [[str(path)] for path in sorted(built) if not path.suffix]


def _corpus_runs(flavour: str, corpus: Path) -> list[list[str]]:
    commands = []
    for name in HARNESSES:
        inputs = sorted(map(str, (corpus / name).glob("*")))
        for start in range(0, len(inputs), _AT_ONCE):
            commands.append([_harness(flavour, name), *inputs[start : start + _AT_ONCE]])
    return commands


@contextmanager
def _as_ivf(path: Path, flavour: str) -> Iterator[list[str]]:
    """The whole of a file as inputs of fuzz_decode, one a plan."""
    packets = packets_of(path)
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for plan in _plans(flavour, _pixels(path, len(packets)) > _LARGE):
            name = f"{folder}/{plan}-{path.name}"
            Path(name).write_bytes(ivf(packets, bytes([plan, 2, 4, 1])))
            inputs.append(name)
        yield inputs


def _plans(flavour: str, large: bool) -> list[int]:
    """How to decode a file: the first byte that fuzz_decode.cpp reads."""
    four, row_mt, unobserved, lesser = 2, 4, 8, 16
    if flavour == "thread":
        return [] if large else [four | row_mt, four | lesser]
    if large:
        return [four | row_mt]
    plain = [0, unobserved, lesser]
    return [*plain, *(plan | four | row_mt for plan in plain)]  # row-MT needs threads


def _pixels(path: Path, frames: int) -> int:
    try:
        source = VideoSource(path)
    except MediaError:  # of an invalid file
        return 0
    return source.width * source.height * frames


def _print_coverage(name: str, profiles: list[Path]) -> float:
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
    return share


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

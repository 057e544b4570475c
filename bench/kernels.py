"""The `kernels` command: instructions of our C++ by function and SIMD level, by callgrind.

Unlike times they do not depend on what else the machine does: two runs give equal counts.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bench.clip import benchmark_clip
from bench.report import Report, Table
from palantir.cli.progress import progress_bar
from palantir.graph import ErrorGraph
from palantir.profile import CacheProfile
from palantir.schedule import select

__all__ = ["report_kernels"]

_FOLDER = Path("build/bench")
_SIZE = (426, 240)
_BUDGET = 1 / 20
_LEVELS = {"x86_64": ("scalar", "sse2", "avx2"), "aarch64": ("scalar", "neon")}
_LEAST = 0.05  # instructions an SR pixel, below which a function gets no row
# Functions whose counts with all that they call are worth a row, and what they are.
_STAGES = {
    "Decoder::decode": "decoding with its trace",
    "measure_texture": "texture",
    "measure_weights": "reference weights",
    "subtract_from_rgb_luma": "detail of an RGB network's luma",
    "subtract_from_rgb_chroma": "detail of its chroma",
    "subtract_from_luma": "detail of a luma network",
    "reuse_detail": "detail reuse: maps",
    "render_detail": "detail reuse: SR planes",
    "reuse_paper": "the paper's reuse",
}


@dataclass(frozen=True)
class _Count:
    """Instructions an SR pixel at one SIMD level, by function.

    own    of each function by itself
    whole  of `_STAGES`, with all that they call
    """

    level: str
    pixels: int  # of the SR frames' luma
    own: dict[str, float]
    whole: dict[str, float]


def report_kernels(packets: int) -> Report:
    """Count over the first packets of the benchmark clip. Raises ClickException."""
    for tool in ("valgrind", "callgrind_annotate"):
        if shutil.which(tool) is None:
            raise click.ClickException(f"{tool} is missing (Debian: apt-get install valgrind)")
    clip = benchmark_clip(*_SIZE)
    graph = ErrorGraph.from_video(clip, "3x5", error_model="paper")
    profile = _FOLDER / "kernels.pcp"
    CacheProfile.from_selection(graph, select(graph, _BUDGET, interval=packets)).save(profile)
    levels = _LEVELS.get(platform.machine(), ("scalar",))
    counts = []
    with progress_bar("kernels", len(levels), None) as progress:
        for level in levels:
            counts.append(_count(clip, profile, packets, level))
            progress(len(counts))
    command = f"python -m bench kernels --packets {packets}"
    data = {"packets": packets, "counts": [asdict(count) for count in counts]}
    return Report("kernels", command, [_stages_table(counts, packets), _own_table(counts)], data)


def _count(clip: Path, profile: Path, packets: int, level: str) -> _Count:
    out = _FOLDER / f"callgrind-{level}.out"
    work = [sys.executable, "-m", "bench.kernels_run", str(clip), str(profile), str(packets)]
    environment = {**os.environ, "PALANTIR_SIMD": level, "PYTHONHASHSEED": "0"}
    command = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *work]
    found = subprocess.run(command, env=environment, capture_output=True, text=True)
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise click.ClickException(f"callgrind, {level}: {last}")
    facts = json.loads(found.stdout)
    if facts["level"] != level:
        raise click.ClickException(f"{level} cannot be run under valgrind here")
    pixels = facts["pixels"]
    own, whole = (
        {name: count / pixels for name, count in _functions(out, inclusive).items()}
        for inclusive in ("no", "yes")
    )
    return _Count(level, pixels, own, {name: whole.get(name, 0.0) for name in _STAGES})


def _functions(out: Path, inclusive: str) -> Counter[str]:
    command = ["callgrind_annotate", "--threshold=100", f"--inclusive={inclusive}", str(out)]
    return _summed(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _summed(annotated: str) -> Counter[str]:
    """Instructions of our functions, overloads and instances of a template together."""
    counts: Counter[str] = Counter()
    line = re.compile(r"^ *([\d,]+) .*?\?\?\?:(.*palantir.*) \[.*_core\.", re.M)
    for count, name in line.findall(annotated):
        counts[_short(name)] += int(count.replace(",", ""))
    return counts


def _short(name: str) -> str:
    """`void palantir::(anonymous namespace)::blend_plain(int) [clone .avx2]`: `blend`.

    Without the form of a kernel, so that those of several levels share a row.
    """
    name = name.replace("(anonymous namespace)::", "").replace("palantir::", "")
    while (shorter := re.sub(r"<[^<>]*>", "", name)) != name:
        name = shorter
    name = name.partition("(")[0].split()[-1]
    return re.sub(r"_(plain|vector|scale|side|width)$", "", name)


def _stages_table(counts: list[_Count], packets: int) -> Table:
    rows = [
        [what, *(f"{count.whole[name]:.2f}" for count in counts)] for name, what in _STAGES.items()
    ]
    return Table(
        "Instructions of the stages, per pixel of the SR frame",
        ["stage", *(count.level for count in counts)],
        rows,
        f"The benchmark clip's first {packets} packets at {_SIZE[0]}x{_SIZE[1]} to x4, anchors of "
        f"{_BUDGET:.0%}, one thread; divided by the luma pixels of the SR frames. "
        "An LR pixel has 16 times as many, a spot of 2x2 LR pixels 64 times. libvpx, and loops "
        "compiled for several instruction sets (texture's, some of confidence's), take AVX2 at "
        "all levels.",
    )


def _own_table(counts: list[_Count]) -> Table:
    names = {name for count in counts for name, value in count.own.items() if value >= _LEAST}
    best = counts[-1].own
    rows = [
        [f"`{name}`", *(f"{count.own.get(name, 0):.2f}" for count in counts)]
        for name in sorted(names, key=lambda name: -best.get(name, 0))
    ]
    return Table(
        "Instructions of each function by itself, per pixel of the SR frame",
        ["function", *(count.level for count in counts)],
        rows,
        f"Those of {_LEAST} and more at one level, in both reuse modes together; what the compiler "
        "puts into its caller counts there.",
    )

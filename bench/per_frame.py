"""What networks win over bicubic when every patch goes through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import click

from bench.clip import data_clips
from bench.report import Report, Table, machine
from palantir.evaluate.material import clip_name
from palantir.media import read_frames
from palantir.models import SRNetwork
from palantir.train.dataset import ClipPair, Source, make_pair
from palantir.train.validate import mean_psnr

__all__ = ["Question", "report_per_frame"]

_FOLDER = Path("build/bench/per-frame")


@dataclass(frozen=True)
class Question:
    """Networks, and which frames to measure: each `every`th of `first..last` of every clip.

    With `fitted` a network goes with the clips that its file's name begins like, up to a "-".
    LR is coded from each clip's first frame on, by the recipe.
    """

    command: str
    models: tuple[Path, ...]
    clips: tuple[str, ...]
    first: int
    last: int
    every: int
    fitted: bool


@dataclass(frozen=True)
class _Figure:
    network: str
    scale: int
    clip: str
    frames: int
    bicubic: float
    psnr: float


def report_per_frame(question: Question) -> Report:
    """Measure the clips that are long enough. Raises UsageError where there is none."""
    named = [clip for clip in data_clips() if clip.name.startswith(question.clips or "")]
    ends = {clip: sum(1 for _ in islice(read_frames(clip), question.last + 1)) for clip in named}
    clips = [clip for clip in named if ends[clip] > question.first]
    if not clips:
        raise click.UsageError("PALANTIR_DATA must name a data folder with such clips and frames")
    networks = [SRNetwork.load(path) for path in question.models]
    figures: list[_Figure] = []
    for clip in clips:
        for scale in sorted({network.scale for network in networks}):
            pairs: dict[str, ClipPair] = {}
            for network in networks:
                known = network.path.name.split("-")[0]
                if network.scale != scale or (question.fitted and not clip.name.startswith(known)):
                    continue
                if network.colour not in pairs:
                    pairs[network.colour] = _pair(clip, ends[clip], network, question)
                pair = pairs[network.colour]
                psnr = mean_psnr(network.run, network.output, pair)
                name = network.path.stem
                figures.append(_Figure(name, scale, clip_name(clip), len(pair.hr), *psnr))
    data = {"machine": machine(), "figures": [asdict(figure) for figure in figures]}
    name = "per-frame fitted" if question.fitted else "per-frame"
    return Report(name, question.command, [_table(figures, question)], data)


def _pair(clip: Path, end: int, network: SRNetwork, question: Question) -> ClipPair:
    source = Source(clip, 0, end - 1)
    whole = make_pair(source, network.scale, (1.0,), _FOLDER, network.colour)
    taken = slice(question.first, None, question.every)
    return ClipPair(whole.name, whole.hr[taken], whole.lr[:, taken], question.first)


def _table(figures: Sequence[_Figure], question: Question) -> Table:
    rows = [
        [one.clip, f"x{one.scale}", one.network, str(one.frames), f"{one.bicubic:.2f}",
         f"{one.psnr:.2f}", f"{one.psnr - one.bicubic:+.2f}"]
        for one in figures
    ]  # fmt: skip
    return Table(
        "Per-frame SR against bicubic: PSNR in dB",
        ("clip", "scale", "network", "frames", "bicubic", "network's", "gain"),
        rows,
        f"Each {question.every}th of the frames {question.first} to {question.last} (or the "
        "clip's end); of luma, or of RGB with a network for that.",
    )

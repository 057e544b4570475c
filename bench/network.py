"""The `network` command: int8 networks beside float ones, quality on clips and speed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from bench.clip import data_clips, lr_of
from bench.report import Report, Table, machine
from bench.timing import side_by_side
from palantir.enhance import Enhancer
from palantir.enhance.calibration import stream_patches
from palantir.evaluate import Variant, compare_variants
from palantir.evaluate.material import clip_name
from palantir.graph import ErrorGraph
from palantir.media import VideoSource, read_frames
from palantir.models import DEFAULT_FIDELITY, SRNetwork, quantize, shipped_model

__all__ = ["Question", "report_network"]

_FOLDER = Path("build/bench/int8")
_CALIBRATION_FRAMES = 120  # of each clip, of which patches are drawn
_PATCHES = 32
_BATCH = (4, 160, 170)  # patches of the paper's size
_ALL = 20.0  # dB of fidelity: every convolution becomes 8-bit


@dataclass(frozen=True)
class Question:
    """What to measure.

    clips   beginnings of the names of the data folder's clips; none: all
    models  networks; none: the shipped one and those of the data folder
    frames  of each clip, through the network whole
    rounds  of each timing
    """

    clips: tuple[str, ...]
    models: tuple[Path, ...]
    frames: int
    rounds: int

    @property
    def command(self) -> str:
        """What makes the report again."""
        words = [f"--clip {clip}" for clip in self.clips]
        words += [f"--model {model.name}" for model in self.models]
        return " ".join(["python -m bench network", *words, f"--frames {self.frames}"])


@dataclass(frozen=True)
class _Quality:
    network: str
    clip: str
    layers: str
    bicubic: float
    float32: float
    int8: float
    fidelity: float


@dataclass(frozen=True)
class _Speed:
    network: str
    layers: str
    threads: int
    float32: float
    int8: float
    ratio: float


def report_network(question: Question) -> Report:
    """Measure. Raises UsageError where PALANTIR_DATA names no such clip."""
    clips = [clip for clip in data_clips() if clip.name.startswith(question.clips or "")]
    if not clips:
        raise click.UsageError("PALANTIR_DATA must name the data folder, with clips so named")
    models = question.models or (shipped_model(), *_data_models())
    _FOLDER.mkdir(parents=True, exist_ok=True)
    quality: list[_Quality] = []
    speed: list[_Speed] = []
    batches: list[tuple[str, int, float]] = []
    for model in models:
        forms: dict[str, Path] = {}
        for clip in clips:
            for found, path in _quality(model, clip, question.frames):
                quality.append(found)
                if clip == clips[0]:
                    forms[found.layers] = path
        speed += [
            found for item in forms.items() for found in _speed(model, *item, question.rounds)
        ]
        batches += _batches(model, question.rounds)
    tables = [_quality_table(quality, question.frames), _speed_table(speed), _batch_table(batches)]
    data = {
        "machine": machine(),
        "quality": [asdict(row) for row in quality],
        "speed": [asdict(row) for row in speed],
        "batches": batches,
    }
    return Report("network", question.command, tables, data)


def _data_models() -> list[Path]:
    folder = os.environ.get("PALANTIR_DATA")
    return sorted(Path(folder, "models").glob("*.onnx")) if folder else []


def _quality(model: Path, clip: Path, frames: int) -> Iterator[tuple[_Quality, Path]]:
    """The default int8 form and, where that kept layers float, the one that keeps none."""
    network = SRNetwork.load(model)
    source = VideoSource(lr_of(clip, _CALIBRATION_FRAMES))
    patches = stream_patches(source, network, _PATCHES)
    for fidelity in (DEFAULT_FIDELITY, _ALL):
        path = _FOLDER / f"{model.stem}_{clip.stem}_{fidelity:g}.onnx"
        made = quantize(network, patches, path, fidelity=fidelity, source=source.path.name)
        bicubic, float32, int8 = _psnr(clip, frames, network, SRNetwork.load(path))
        layers = f"{made.convolutions - len(made.kept)} of {made.convolutions}"
        name = clip_name(clip)
        yield (
            _Quality(model.stem, name, layers, bicubic, float32, int8, made.fidelity),
            path,
        )
        if not made.kept:
            break


def _psnr(clip: Path, frames: int, *networks: SRNetwork) -> list[float]:
    """PSNR-Y of bicubic upscaling and of per-frame SR by each network."""
    lr = lr_of(clip, frames)
    graph = ErrorGraph.from_video(lr, "3x5", error_model="paper")
    everywhere = np.ones((len(graph.frames), graph.grid.count), bool)
    variants = [Variant("bicubic", kernel="bicubic")]
    for index, network in enumerate(networks):
        enhancer = Enhancer(network, graph.grid)
        variants.append(Variant(str(index), enhancer=enhancer, anchors=everywhere))
    rows = compare_variants(lr, islice(read_frames(clip), frames), variants)
    return [row.psnr_y for row in rows]


def _speed(model: Path, layers: str, int8: Path, rounds: int) -> Iterator[_Speed]:
    for threads in (1, 2):
        networks = [SRNetwork.load(path, threads=threads) for path in (model, int8)]
        batch = _batch(networks[0])
        one, other = (partial(network.run, batch) for network in networks)
        yield _Speed(model.stem, layers, threads, *side_by_side(one, other, rounds))


def _batches(model: Path, rounds: int) -> Iterator[tuple[str, int, float]]:
    """(network, threads, time of a batch over that of its pictures one by one)."""
    for threads in (1, 2):
        network = SRNetwork.load(model, threads=threads)
        if not network.takes_batches:
            return
        batch = _batch(network)

        singly = partial(_one_by_one, network, batch)
        _, _, ratio = side_by_side(singly, partial(network.run, batch), rounds)
        yield model.stem, threads, ratio


def _one_by_one(network: SRNetwork, batch: NDArray[np.float32]) -> None:
    for picture in batch:
        network.run(picture[None])


def _batch(network: SRNetwork) -> NDArray[np.float32]:
    count, height, width = _BATCH
    shape = (count, 1 if network.colour == "luma" else 3, height, width)
    return np.random.default_rng(3).random(shape, dtype=np.float32)


def _quality_table(rows: list[_Quality], frames: int) -> Table:
    return Table(
        f"int8 networks: PSNR-Y in dB of per-frame SR, first {frames} frames",
        ("network", "clip", "8-bit layers", "bicubic", "float", "int8", "int8 - float", "fidelity"),
        [
            (row.network, row.clip, row.layers,
             *(f"{value:.2f}" for value in (row.bicubic, row.float32, row.int8)),
             f"{row.int8 - row.float32:+.3f}", f"{row.fidelity:.1f}")
            for row in rows
        ],
        f"Calibrated on {_PATCHES} patches of the first {_CALIBRATION_FRAMES} frames of the same "
        "stream. Fidelity: PSNR of the int8 result against the float one, on a quarter of these "
        "patches that did not calibrate.",
    )  # fmt: skip


def _speed_table(rows: list[_Speed]) -> Table:
    count, height, width = _BATCH
    return Table(
        f"int8 networks: {count} patches of {width}x{height} ({machine()})",
        ("network", "8-bit layers", "threads", "float", "int8", "int8 / float"),
        [
            (row.network, row.layers, str(row.threads), f"{row.float32 * 1e3:.0f} ms",
             f"{row.int8 * 1e3:.0f} ms", f"{row.ratio:.2f}")
            for row in rows
        ],
        "Run in turn; medians, and the median of the rounds' ratios.",
    )  # fmt: skip


def _batch_table(rows: list[tuple[str, int, float]]) -> Table:
    return Table(
        f"A batch of {_BATCH[0]} patches against the same one by one",
        ("network", "threads", "batch / one by one"),
        [(name, str(threads), f"{ratio:.2f}") for name, threads, ratio in rows],
        "Float. Networks whose batch is fixed at 1 are left out.",
    )

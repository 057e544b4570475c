"""From clips to a model: what to train on and how, in one value, and the run that does it."""

from __future__ import annotations

import copy
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from palantir.errors import MediaError, ModelError, PalantirError
from palantir.files import atomic_write, check_target
from palantir.models import SRNetwork, quantize
from palantir.models.architectures import TorchNetwork, create_network, export, take_weights
from palantir.models.filter_bank import FILTERS_KEY
from palantir.models.quantization import activation_ranges
from palantir.train.dataset import ClipPair, Source, make_pair
from palantir.train.filters import FilterFit, FittedFilters
from palantir.train.fit import FitSettings, Progress, check_checkpoint, fit
from palantir.train.rounded import Rounded
from palantir.train.validate import mean_psnr

__all__ = ["RATES", "ClipFigures", "Fitted", "Recipe", "train"]

RATES = (1.0, 0.6, 2.0, 4.0)  # multiples of the LR recipe's bit rate; the first one validates
ROUNDING_COSTS = 0.02  # dB, at most
BELOW_RESULT = 23.4  # dB by which rounding is finer than the result to cost that
HIGHEST_FIDELITY = 65.0  # dB; beyond it nobody sees the difference
ANY_FIDELITY = 20.0  # dB; what is worse is broken
FINISHING = 0.15  # share of an int8 network's run that is fitted with rounding in the loop
FINISHING_RATE = 0.1  # of the learning rate before
CALIBRATING = 32  # patches of the training frames that an int8 form is calibrated on

Pairs = tuple[ClipPair, ...]  # one a clip


@dataclass(frozen=True)
class Recipe:
    """Clips to learn from and how.

    network, tail   as `create_network` takes them
    rates           multiples of the recipe's bit rate that LR is coded at
    init            ONNX file of such a network to begin with: fitting to a clip is then short
    int8            whether the result is an int8 network: calibrated on training frames, and fitted
                    with rounding in the loop for the last 15 % of the run
    filters         whether filters for the plain upscaler come with it, if they help: they suit
                    these clips alone
    """

    sources: tuple[Source, ...]
    settings: FitSettings
    scale: int = 4
    rates: tuple[float, ...] = RATES
    network: str = "m10c32"
    tail: str = "sub-pixel"
    init: Path | None = None
    int8: bool = False
    filters: bool = True

    @property
    def identity(self) -> str:
        """What must be the same for a run to go on: all but its length, threads and last step."""
        settings = asdict(self.settings)
        for key in ("minutes", "steps", "threads", "part"):
            del settings[key]
        files = [path for source in self.sources for path in (source.path, source.lr) if path]
        stamps = [path.stat().st_mtime_ns for path in files if path.exists()]
        begin = _named(self.init) if self.init else ""
        told = (self.sources, stamps, sorted(settings.items()), self.scale, self.rates)
        return repr((*told, self.network, self.tail, self.init, begin))

    @property
    def fitting(self) -> FitSettings:
        """Of the run, or of its first part if rounding is to come into the loop."""
        return self._part(0, 1 - FINISHING) if self.int8 else self.settings

    @property
    def finishing(self) -> FitSettings:
        """Of the rest of the run, with rounding in the loop."""
        settings = self._part(1 - FINISHING, 1)
        rate, seed = FINISHING_RATE * settings.learning_rate, settings.seed + 1
        return replace(settings, learning_rate=rate, seed=seed, robust=0.0, bfloat16=False)

    def _part(self, begin: float, end: float) -> FitSettings:
        settings, share = self.settings, end - begin
        steps = None if settings.steps is None else max(1, round(share * settings.steps))
        minutes = share * settings.minutes
        return replace(settings, minutes=minutes, steps=steps, part=(begin, end))


@dataclass(frozen=True)
class ClipFigures:
    """Mean PSNR in dB over `frames`, which were not fitted on: of bicubic and of the network."""

    frames: str
    plain: float
    network: float


@dataclass(frozen=True)
class Fitted:
    """What came of a run: steps taken, and the figures of the file written.

    filters: mean PSNR-Y in dB on the same frames that its filters win over the plain upscaler; None
    if it has none, for they win hardly anything or are not wanted.
    """

    output: Path
    steps: int
    clips: tuple[ClipFigures, ...]
    filters: float | None


def train(
    recipe: Recipe,
    output: Path,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Fitted:
    """Fits a network by `recipe` and writes it to `output` as ONNX, with filters if they help.

    The last 6 frames of each clip are not fitted on: they choose the best state of the run, and
    the figures are theirs. Beside `output` lie, until all is done and after an interrupt,
    `<output>.checkpoint` and, of an int8 network, `<output>.int8.checkpoint` (a later call with the
    same recipe goes on from them), and the coded clips in `<output>.clips`.

    Raises MediaError for clips that cannot be read or are too short or small, ModelError for a
    network that there is not, unsuitable `init` and a checkpoint of another recipe; OSError where
    files cannot be written.
    """
    checkpoint = output.with_name(output.name + ".checkpoint")
    cache = output.with_name(output.name + ".clips")
    finishing = output.with_name(output.name + ".int8.checkpoint")
    check_target(output)
    for path in (checkpoint, finishing):
        if not path.exists():
            check_target(path)  # beside a link, not beside what it leads to
    torch.manual_seed(recipe.settings.seed)
    network = create_network(recipe.network, recipe.scale, recipe.tail)
    if recipe.init is not None:
        take_weights(network, recipe.init)
    identity = recipe.identity
    for path in (checkpoint, finishing):
        if path.exists():
            check_checkpoint(path, identity)
    fitting = FilterFit(recipe.scale) if recipe.filters else None
    training, held_out = _parts(recipe, network, cache, checkpoint.exists(), fitting)
    filters = fitting.judged() if fitting else None
    steps = fit(network, training, held_out, recipe.fitting, checkpoint, report, identity)
    figures = _figures(network.infer, network, held_out)
    notes = _notes(recipe, training, figures, steps) | _filter_notes(filters)
    if recipe.int8:
        rest = _Finishing(recipe, network, output, training, held_out)
        steps += rest.fit(finishing, report)
        figures = rest.write(notes, figures)
    else:
        export(network, output, notes)
    for path in (checkpoint, finishing):
        path.unlink(missing_ok=True)
    _remove_coded(cache)
    return Fitted(output, steps, figures, filters.gain if filters and filters.kept else None)


def _parts(
    recipe: Recipe, network: TorchNetwork, cache: Path, keep: bool, filters: FilterFit | None
) -> tuple[Pairs, Pairs]:
    """Of all clips what to fit on and what to validate on; `filters` are fitted on the way.

    Where one cannot be used, no coded clip stays, unless to `keep` them.
    """
    try:
        parts = []
        for source in recipe.sources:
            look = filters.add if filters else None
            pair = make_pair(source, recipe.scale, recipe.rates, cache, network.colour, look)
            parts.append(pair.split())
            _check_size(pair, recipe.settings.patch)
            if filters:
                filters.end_clip(source.path.name)
    except PalantirError:
        if not keep:
            _remove_coded(cache)
        raise
    training, held_out = zip(*parts, strict=True)
    return training, held_out


def _remove_coded(cache: Path) -> None:
    """The clips that were coded here, and their folder if it holds nothing else."""
    for clip in cache.glob("*-" + 16 * "[0-9a-f]" + ".webm"):
        clip.unlink(missing_ok=True)
    with suppress(OSError):
        cache.rmdir()


class _Finishing:
    """From a fitted network to an int8 one: fitted on with rounding in the loop, and written."""

    def __init__(
        self,
        recipe: Recipe,
        network: TorchNetwork,
        output: Path,
        training: Pairs,
        held_out: Pairs,
    ) -> None:
        self._recipe, self._network, self._output = recipe, network, output
        self._training, self._held_out = training, held_out
        self._patches = _calibrating(training, recipe.settings)
        self._told = ""

    def fit(self, checkpoint: Path, report: Callable[[Progress], None]) -> int:
        """Fits on in place, unless nothing is won by it; returns the number of steps it took."""
        with self._exported({}) as plain:
            rounded = Rounded(self._network, activation_ranges(plain, self._patches))
            begin = _named(plain.path)
        identity = f"{self._recipe.identity} {begin}"
        try:
            check_checkpoint(checkpoint, identity)
        except ModelError:  # none, or of other weights: the run before was made longer
            checkpoint.unlink(missing_ok=True)
        before = copy.deepcopy(self._network.state_dict())
        pairs = self._training, self._held_out
        steps = fit(rounded, *pairs, self._recipe.finishing, checkpoint, report, identity)
        after = self._network.state_dict()
        won = any(not torch.equal(after[key], weights) for key, weights in before.items())
        self._told = f"{steps} steps with the rounding of 8 bits in the loop"
        self._told += "" if won else ", which won nothing"
        return steps

    def write(
        self, notes: Mapping[str, str], wanted: tuple[ClipFigures, ...]
    ) -> tuple[ClipFigures, ...]:
        """Write the file and measure it as it is run; all in 8 bits if near what is `wanted`."""
        best = max(one.network for one in wanted)
        enough = min(best + BELOW_RESULT, HIGHEST_FIDELITY)
        made: list[tuple[float, tuple[ClipFigures, ...], bytes]] = []
        with self._exported({**notes, "training.finishing": self._told}) as plain:
            eight = plain.path.with_name("int8.onnx")
            for fidelity in (ANY_FIDELITY, enough):
                try:
                    quantize(
                        plain, self._patches, eight, fidelity=fidelity, source="training frames"
                    )
                except ModelError:  # not at this fidelity, whatever stays float
                    if not made:
                        raise
                    break
                loaded = SRNetwork.load(eight, threads=self._recipe.settings.threads)
                figures = _figures(loaded.run, self._network, self._held_out)
                made.append((_mean_psnr(figures), figures, eight.read_bytes()))
                if _mean_psnr(wanted) - _mean_psnr(figures) <= ROUNDING_COSTS:
                    break
        _, figures, data = max(made, key=lambda one: one[0])
        atomic_write(self._output, data)
        return figures

    @contextmanager
    def _exported(self, notes: Mapping[str, str]) -> Iterator[SRNetwork]:
        """The network without rounding, from a file of its own."""
        with tempfile.TemporaryDirectory(dir=self._output.parent) as folder:
            path = Path(folder) / "float.onnx"
            export(self._network, path, notes)
            yield SRNetwork.load(path, threads=self._recipe.settings.threads)


def _figures(
    infer: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    network: TorchNetwork,
    held_out: Pairs,
) -> tuple[ClipFigures, ...]:
    return tuple(
        ClipFigures(pair.numbers, *mean_psnr(infer, network.output, pair)) for pair in held_out
    )


def _mean_psnr(figures: tuple[ClipFigures, ...]) -> float:
    return float(np.mean([one.network for one in figures]))


def _notes(
    recipe: Recipe,
    training: Pairs,
    figures: tuple[ClipFigures, ...],
    steps: int,
) -> dict[str, str]:
    """Provenance for the model's metadata."""
    settings = recipe.settings
    sources = zip(training, recipe.sources, strict=True)
    coded = ", ".join(f"{rate:g}" for rate in recipe.rates)
    rates = f"VP9 at 1/{recipe.scale} size, {coded} times the recipe's bit rate"
    given = ", ".join(source.lr.name for source in recipe.sources if source.lr)
    begin = f", from the weights of {_named(recipe.init)}" if recipe.init else ""
    return {
        "training.sources": "; ".join(f"{pair.numbers} ({src.licence})" for pair, src in sources),
        "training.degradation": given or f"{rates} (1800 kbit/s at 854x480)",
        "training.validation": "; ".join(
            f"{one.frames}: bicubic {one.plain:.3f} dB, network {one.network:.3f} dB"
            for one in figures
        )
        + "; chose the best state of the run",
        "training.settings": (
            f"{steps} steps, batch {settings.batch}, patch {settings.patch}, "
            f"rate {settings.learning_rate:g}, robust {settings.robust:g}, "
            f"seed {settings.seed}{begin}"
        ),
        "training.by": f"torch {torch.__version__}",
    }


def _filter_notes(filters: FittedFilters | None) -> dict[str, str]:
    """The filters themselves, if they help, and how much; nothing where none were wanted."""
    if filters is None:
        return {}
    told = f"{filters.gain:+.3f} dB over the plain upscaler on the frames of training.validation"
    if not filters.kept:
        return {"training.filters": f"none kept: {told}"}
    return {"training.filters": told, FILTERS_KEY: filters.bank.to_text()}


def _named(path: Path) -> str:
    return f"{path.name} (SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()})"


def _calibrating(training: Pairs, settings: FitSettings) -> list[NDArray[np.float32]]:
    """Square windows of training frames at the first bit rate, [1, c, h, w] in 0..1."""
    random = np.random.default_rng(settings.seed)
    patches = []
    for index in range(CALIBRATING):
        lr = training[index % len(training)].lr[0]
        size = min(4 * settings.patch, *lr.shape[2:])
        y, x = (int(random.integers(length - size + 1)) for length in lr.shape[2:])
        frame = lr[int(random.integers(len(lr))), None, :, y : y + size, x : x + size]
        patches.append(frame.astype(np.float32) / 255)
    return patches


def _check_size(pair: ClipPair, patch: int) -> None:
    height, width = pair.lr.shape[3:]
    if min(height, width) < patch:
        raise MediaError(f"{pair.name}: LR is {width}x{height}, patches are {patch}x{patch}")

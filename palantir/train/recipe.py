"""From clips to a model: what to train on and how, in one value, and the run that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from palantir.errors import MediaError
from palantir.models.architectures import create_network, export
from palantir.train.dataset import ClipPair, Source, make_pair
from palantir.train.fit import FitSettings, Progress, fit, psnr_gain

__all__ = ["Recipe", "train"]

RATES = (1.0, 0.6, 2.0, 4.0)  # multiples of the LR recipe's bit rate; the first one validates
HOLDOUT = 6  # last frames of each clip, to watch progress by


@dataclass(frozen=True)
class Recipe:
    """Clips to learn from, settings of the fit, scale, rates to code LR at, and the network."""

    sources: tuple[Source, ...]
    settings: FitSettings
    scale: int = 4
    rates: tuple[float, ...] = RATES
    network: str = "m6c32"

    @property
    def notes(self) -> dict[str, str]:
        """Provenance for the model's metadata."""
        return {
            "training.sources": "; ".join(map(str, self.sources)),
            "training.degradation": (
                f"VP9 at 1/{self.scale} size, {', '.join(f'{rate:g}' for rate in self.rates)} times"
                " the recipe's bit rate (1800 kbit/s at 854x480)"
            ),
        }


def train(
    recipe: Recipe,
    output: Path,
    report: Callable[[Progress], None],
    finished: Callable[[str, float, float], None] = lambda clip, plain, network: None,
) -> None:
    """Fits a network by `recipe` and writes it to `output` as ONNX.

    Beside `output` lie, until all is done and after an interrupt, `<output>.checkpoint` (a later
    call with the same recipe goes on from it) and, always, the coded clips in `<output>.clips`.
    `finished` gets each clip's PSNR-Y of U and of the network, in dB, over its held-out frames.
    Raises MediaError for clips that cannot be read or are too short.
    """
    checkpoint = output.with_name(output.name + ".checkpoint")
    cache = output.with_name(output.name + ".clips")
    pairs = [make_pair(source, recipe.scale, recipe.rates, cache) for source in recipe.sources]
    for pair in pairs:
        _check_size(pair, recipe.settings.patch)
    training, held_out = zip(*(pair.split(HOLDOUT) for pair in pairs), strict=True)
    torch.manual_seed(recipe.settings.seed)
    network = create_network(recipe.network, recipe.scale)
    fit(network, training, held_out, recipe.settings, checkpoint, report)
    export(network, output, recipe.notes)
    checkpoint.unlink(missing_ok=True)
    for pair in held_out:
        finished(pair.name, *psnr_gain(network, pair))


def _check_size(pair: ClipPair, patch: int) -> None:
    frames, height, width = pair.lr.shape[1:]
    if frames <= HOLDOUT:
        raise MediaError(f"{pair.name}: has {frames} frames; more than {HOLDOUT} are needed")
    if min(height, width) < patch:
        raise MediaError(f"{pair.name}: LR is {width}x{height}, patches are {patch}x{patch}")

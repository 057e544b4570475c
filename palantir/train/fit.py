"""Fitting: first robustly (Charbonnier loss), then for PSNR (squared error), resumable."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.files import atomic_path
from palantir.models.architectures import TorchNetwork
from palantir.train.bicubic import upscale_luma
from palantir.train.dataset import ClipPair, PatchSampler

__all__ = ["FitSettings", "Progress", "fit", "psnr_gain"]

ROBUST_SHARE = 0.6  # of the run; the rest minimises squared error
REPORT_EVERY = 15.0  # seconds


@dataclass(frozen=True)
class FitSettings:
    """How long and how to fit. `steps`, if given, ends the run in place of `minutes`.

    A run of `steps` repeats exactly on one machine; a run of `minutes` goes as far as it gets.
    """

    minutes: float = 25.0
    steps: int | None = None
    batch: int = 16
    patch: int = 48
    learning_rate: float = 1e-3
    seed: int = 0
    threads: int = 2
    bfloat16: bool = False  # robust part only; faster where the CPU has such instructions

    def __post_init__(self) -> None:
        positive = (self.minutes, self.steps or 1, self.batch, self.patch, self.threads)
        if min(positive) <= 0:
            raise ValueError("minutes, steps, batch, patch and threads must be positive")


@dataclass(frozen=True)
class Progress:
    """What a run reports: `gain` is the held-out frames' PSNR-Y over U, in dB."""

    share: float
    step: int
    loss: float
    gain: float
    seconds_left: float

    def __str__(self) -> str:
        left = f"{int(self.seconds_left) // 60}:{int(self.seconds_left) % 60:02d} left"
        state = f"{self.share:6.1%}  step {self.step}  loss {self.loss:.3e}"
        return f"{state}  gain {self.gain:+.3f} dB  {left}"


class _Run:
    """Everything that a checkpoint holds."""

    def __init__(self, network: TorchNetwork, sampler: PatchSampler, settings: FitSettings):
        self.network, self.sampler, self.settings = network, sampler, settings
        self.optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        self.step, self.seconds = 0, 0.0

    @property
    def share(self) -> float:
        if self.settings.steps is not None:
            return min(1.0, self.step / self.settings.steps)
        return min(1.0, self.seconds / (60 * self.settings.minutes))

    def save(self, path: Path) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": json.dumps(self.sampler.state),
            "step": self.step,
            "seconds": self.seconds,
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def load(self, path: Path) -> None:
        try:
            state = torch.load(path, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.sampler.state = json.loads(state["random"])
            self.step, self.seconds = state["step"], state["seconds"]
        except (RuntimeError, UnpicklingError, LookupError, TypeError, ValueError, EOFError):
            raise ModelError(f"{path}: not a checkpoint of this run; remove it to begin") from None

    def advance(self, luma: torch.Tensor, detail: torch.Tensor) -> float:
        """One step of Adam at the rate that the share of the run calls for; returns the loss."""
        robust = self.share < ROBUST_SHARE
        rate = 0.5 * (1 + math.cos(math.pi * self.share)) * self.settings.learning_rate
        for group in self.optimiser.param_groups:
            group["lr"] = max(rate, 1e-6)
        low_precision = robust and self.settings.bfloat16
        with torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
            predicted = self.network(luma.contiguous(memory_format=torch.channels_last))
        square = (predicted.float() - detail).square()
        loss = (square + 1e-6).sqrt().mean() if robust else 100 * square.mean()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 0.5)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


def _psnr(picture: NDArray[np.float64], hr: NDArray[np.uint8]) -> float:
    error = picture.round().clip(0, 255) - hr
    return float(10 * np.log10(255**2 / max(float(np.mean(error**2)), 1e-9)))


def psnr_gain(network: TorchNetwork, pair: ClipPair, rate: int = 0) -> tuple[float, float]:
    """Mean PSNR-Y in dB over the pair's frames: of U alone, and of U plus the network's detail."""
    figures = []
    for lr, hr in zip(pair.lr[rate], pair.hr, strict=True):
        plain = upscale_luma(lr, pair.scale)
        luma = torch.from_numpy(lr.astype(np.float32) / 255)[None, None]
        with torch.inference_mode():
            detail = network(luma)[0, 0].double().numpy() * 255
        figures.append((_psnr(plain, hr), _psnr(plain + detail, hr)))
    plain_mean, network_mean = np.mean(figures, axis=0)
    return float(plain_mean), float(network_mean)


def fit(
    network: TorchNetwork,
    training: Sequence[ClipPair],
    held_out: Sequence[ClipPair],
    settings: FitSettings,
    checkpoint: Path,
    report: Callable[[Progress], None] = lambda progress: None,
) -> TorchNetwork:
    """Fits `network` in place; goes on from `checkpoint` if that file exists, and keeps it fresh.

    `held_out` only feeds the report. `report` is called about every 15 seconds. Raises ModelError
    for a checkpoint of another network or a damaged one.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    network.to(memory_format=torch.channels_last)
    run = _Run(network, PatchSampler(training, settings.patch, settings.seed), settings)
    if checkpoint.exists():
        run.load(checkpoint)
    losses: list[float] = []
    reported = time.monotonic()
    batches = run.sampler.batches(settings.batch)
    while run.share < 1:
        started = time.monotonic()
        losses.append(run.advance(*next(batches)))
        run.seconds += time.monotonic() - started
        if time.monotonic() - reported >= REPORT_EVERY or run.share >= 1:
            gains = [after - plain for plain, after in (psnr_gain(network, p) for p in held_out)]
            left = run.seconds / run.share - run.seconds
            gain = float(np.mean(gains)) if gains else math.nan
            report(Progress(run.share, run.step, float(np.mean(losses)), gain, left))
            run.save(checkpoint)
            losses, reported = [], time.monotonic()
    return network

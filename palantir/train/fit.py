"""Fitting: first robustly (Charbonnier loss), then for PSNR (squared error), resumable."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch

from palantir.errors import ModelError
from palantir.files import atomic_path
from palantir.models.architectures import TorchNetwork
from palantir.train.dataset import ClipPair
from palantir.train.patches import PatchSampler
from palantir.train.validate import mean_psnr

__all__ = ["FitSettings", "Progress", "check_checkpoint", "fast_bfloat16", "fit"]

REPORTS = 20  # in a whole run, evenly: measuring takes a few per cent of it
SAVE_EVERY = 30.0  # seconds, besides at reports
WARM_UP = 20  # steps
DAMAGES = (RuntimeError, UnpicklingError, LookupError, TypeError, ValueError, EOFError)
SMALL = 128  # LR pixels of a held-out frame's middle that reports measure


@dataclass(frozen=True)
class FitSettings:
    """How long and how to fit. `steps`, if given, ends the run in place of `minutes`.

    A run of `steps` repeats exactly on one machine; a run of `minutes` goes as far as it gets.

    robust    share of the run that minimises Charbonnier's loss; the rest minimises squared error
    patience  share of the run that may pass without a better PSNR of the held-out frames before
              it ends early; 1: never
    bfloat16  mantissas of 8 bits but in the last tenth; faster where the CPU has such instructions
    part      from and to which share of a longer run this one is, as reports count
    """

    minutes: float = 25.0
    steps: int | None = None
    batch: int = 16
    patch: int = 48
    learning_rate: float = 1e-3
    seed: int = 0
    threads: int = 2
    robust: float = 0.6
    patience: float = 0.4
    bfloat16: bool = False
    part: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        positive = (self.minutes, self.steps or 1, self.batch, self.patch, self.threads)
        if not min(positive) > 0:
            raise ValueError("minutes, steps, batch, patch and threads must be positive")


@dataclass(frozen=True)
class Progress:
    """What a run reports; PSNR of the middle of held-out frames in dB, bicubic's and the network's.

    Without held-out frames both are NaN.
    """

    share: float
    step: int
    loss: float
    plain: float
    psnr: float
    seconds_left: float

    def __str__(self) -> str:
        left = f"{int(self.seconds_left) // 60}:{int(self.seconds_left) % 60:02d} left"
        psnr = f"{self.psnr:.2f} dB ({self.psnr - self.plain:+.3f} over bicubic)"
        return f"{self.share:6.1%}  step {self.step}  loss {self.loss:.3e}  {psnr}  {left}"


def fast_bfloat16() -> bool:
    """Whether this CPU has instructions for bfloat16."""
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))


class _Run:
    """Everything that a checkpoint holds, and what it takes to go on."""

    def __init__(
        self,
        network: TorchNetwork,
        sampler: PatchSampler,
        settings: FitSettings,
        identity: str,
    ) -> None:
        self.network, self.sampler, self.settings = network, sampler, settings
        self.identity = identity
        self.optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        self.step, self.seconds = 0, 0.0
        self.losses: list[float] = []
        self.reports = 0
        self.best, self.best_share = -math.inf, 0.0
        self.best_weights: dict[str, Any] = {}

    @property
    def share(self) -> float:
        if self.settings.steps is not None:
            return min(1.0, self.step / self.settings.steps)
        return min(1.0, self.seconds / (60 * self.settings.minutes))

    @property
    def due(self) -> bool:
        """Whether the next report is."""
        return self._reports >= self.reports + 1

    @property
    def _reports(self) -> int:
        """How many there are to be until now."""
        begin, end = self.settings.part
        return int(self.share * max(1, round((end - begin) * REPORTS)))

    @property
    def over(self) -> bool:
        """Whether it is at its end or nothing was won for too long."""
        return self.share >= 1 or self.share - self.best_share >= self.settings.patience > 0

    def save(self, path: Path) -> None:
        state = {
            "identity": self.identity,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": json.dumps(self.sampler.state),
            "best_weights": self.best_weights,
            "counts": [self.step, self.seconds, self.reports, self.best, self.best_share],
            "losses": self.losses,
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def load(self, path: Path) -> None:
        try:
            state = _state(path)
            if state["identity"] != self.identity:
                raise ValueError("another run's")
            self.network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.sampler.state = json.loads(state["random"])
            self.step, self.seconds, self.reports, self.best, self.best_share = state["counts"]
            self.best_weights, self.losses = state["best_weights"], list(state["losses"])
        except DAMAGES:
            raise _foreign(path) from None

    def advance(self, picture: torch.Tensor, wanted: torch.Tensor) -> None:
        """One step of Adam at the rate that the share of the run calls for."""
        settings, share = self.settings, self.share
        rate = 0.5 * (1 + math.cos(math.pi * share)) * min(1.0, (self.step + 1) / WARM_UP)
        for group in self.optimiser.param_groups:
            group["lr"] = max(rate * settings.learning_rate, 1e-6)
        low_precision = settings.bfloat16 and share < max(0.9, settings.robust)
        with torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
            found = self.network(picture.contiguous(memory_format=torch.channels_last))
        square = (found.float() - wanted).square()
        robust = share < settings.robust
        loss = (square + 1e-6).sqrt().mean() if robust else 100 * square.mean()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 0.5)
        self.optimiser.step()
        self.step += 1
        self.losses.append(float(loss.detach()))

    def psnr(self, held_out: Sequence[ClipPair]) -> tuple[float, float]:
        """Of bicubic and of the network in dB, mean over the clips; NaN without any."""
        figures = [mean_psnr(self.network.infer, self.network.output, pair) for pair in held_out]
        plain, psnr = np.mean(figures, axis=0) if figures else (math.nan, math.nan)
        return float(plain), float(psnr)

    def measure(self, held_out: Sequence[ClipPair]) -> Progress:
        """The state of things; keeps the weights if they are the best so far."""
        plain, psnr = self.psnr(held_out)
        if psnr > self.best:
            self.best, self.best_share = psnr, self.share
            self.best_weights = copy.deepcopy(self.network.state_dict())
        elif not held_out:
            self.best_share = self.share
        self.reports = self._reports
        begin, end = self.settings.part
        share = begin + (end - begin) * self.share
        left = self.seconds / (share - begin) * (1 - share)
        loss = float(np.mean(self.losses)) if self.losses else math.nan
        self.losses = []
        return Progress(share, self.step, loss, plain, psnr, left)


@contextmanager
def _naming_memory() -> Iterator[None]:
    """Torch has no class of its own for an allocation that fails on the CPU."""
    try:
        yield
    except RuntimeError as error:
        if "you tried to allocate" not in str(error):
            raise
        raise MemoryError("a smaller batch or patch takes less memory") from error


def check_checkpoint(path: Path, identity: str) -> None:
    """Raises ModelError where the file is none of a run whose identity begins with this."""
    try:
        if not _state(path)["identity"].startswith(identity):
            raise _foreign(path)
    except (*DAMAGES, AttributeError):
        raise _foreign(path) from None


def _state(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError("no file")
    state: dict[str, Any] = torch.load(path, weights_only=True)
    return state


def _foreign(path: Path) -> ModelError:
    return ModelError(f"{path}: not a checkpoint of this run; remove it to begin")


def fit(
    network: TorchNetwork,
    training: Sequence[ClipPair],
    held_out: Sequence[ClipPair],
    settings: FitSettings,
    checkpoint: Path,
    report: Callable[[Progress], None] = lambda progress: None,
    identity: str = "",
) -> int:
    """Fits `network` in place and returns the number of steps it took.

    Goes on from `checkpoint` if that file exists, and keeps it fresh; it must be of a run of the
    same `identity`, whatever the caller lets that be. `report` is called 20 times in a run. The
    state that is best on `held_out` is the result, the first one included; they serve nothing else.

    Raises ModelError for a checkpoint of another run or a damaged one and where no state is
    finite, OSError where the checkpoint cannot be written, MemoryError for too large a batch.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    network.to(memory_format=torch.channels_last)
    sampler = PatchSampler(training, settings.patch, settings.seed, network.output)
    run = _Run(network, sampler, settings, identity)
    small = [pair.middle(SMALL) for pair in held_out]
    first, (_, before) = copy.deepcopy(network.state_dict()), run.psnr(small)
    if held_out and not math.isfinite(before):
        raise ModelError(f"{network.name}: what it begins with gives no finite pictures")
    if checkpoint.exists():
        run.load(checkpoint)
    batches = sampler.batches(settings.batch)
    started, saved = time.monotonic() - run.seconds, run.seconds
    while not run.over:
        with _naming_memory():
            run.advance(*next(batches))
        run.seconds = time.monotonic() - started
        if run.due:
            report(run.measure(small))
        elif run.seconds - saved < SAVE_EVERY:
            continue
        run.save(checkpoint)
        saved = run.seconds
    if held_out:  # patience starts with the first report: good weights may lose before they win
        network.load_state_dict(run.best_weights if run.best > before else first)
    if not all(bool(weights.isfinite().all()) for weights in network.parameters()):
        raise ModelError(f"{network.name}: its weights are not finite after {run.step} steps")
    return run.step

"""What is to be evaluated: clips, networks, selectors, budgets and reuse modes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from palantir.errors import ScheduleError
from palantir.evaluate.material import clip_name
from palantir.graph.error_models import ERROR_MODELS, error_model_of
from palantir.grid import PatchGrid
from palantir.schedule import SELECTORS as SELECTORS_KNOWN

__all__ = [
    "BUDGETS",
    "MEASURED",
    "OURS",
    "OWN_MODEL",
    "SELECTORS",
    "GridWish",
    "Method",
    "NetworkWish",
    "Question",
    "check_budgets",
    "check_clips",
    "check_different",
    "reuse_mode",
]

BUDGETS = tuple(Fraction(1, n) for n in (120, 60, 40, 20, 12))
SELECTORS = (
    "adjoint",
    "gain-per-cost",
    "neuroscaler",
    "key-uniform",
    "key-alt",
    "texture",
    "random",
)

OURS = ("adjoint", "gain-per-cost")

OWN_MODEL = "own"  # the error model of the reuse mode, which bears its name
MEASURED = "measured"  # against HR (`palantir.enhance.measured`)

_SEEING_THE_GRAPH = (*OURS, "sequential", "spmv", "spmm", "texture")
_KNOWN = (*SELECTORS_KNOWN, "nemo")


@dataclass(frozen=True)
class Method:
    """A way to choose anchors, as the tables name it."""

    selector: str
    error_model: str = OWN_MODEL
    without: Literal["weight", "texture"] | None = None

    def __str__(self) -> str:
        model = "" if self.error_model == OWN_MODEL else f" ({self.error_model})"
        without = f" without {self.without}" if self.without else ""
        return f"{self.selector}{model}{without}"

    def error_model_in(self, reuse: str) -> str:
        """What `error_model_of` takes, in a reuse mode: its own model has its fade."""
        return reuse if self.error_model == OWN_MODEL else self.error_model


def reuse_mode(text: str) -> tuple[str, float | None]:
    """A mode and its fade in grey levels, None for the default: "detail", "paper", "detail:4".

    Raises ScheduleError for anything else.
    """
    match = re.fullmatch(r"(detail|paper)|detail:([0-9]{1,4}(?:\.[0-9]{1,3})?)", text)
    if match is None or (match[2] and not float(match[2])):
        raise ScheduleError(f"reuse mode {text!r} is neither detail, detail:FADE nor paper")
    return match[1] or "detail", float(match[2]) if match[2] else None


@dataclass(frozen=True)
class GridWish:
    """A patch grid, a patch size in LR pixels, or (neither) the default grid."""

    grid: PatchGrid | None = None
    patch: tuple[int, int] | None = None

    def __str__(self) -> str:
        if self.grid:
            return str(self.grid)
        return "x".join(map(str, self.patch)) + " px" if self.patch else "default"

    def of(self, width: int, height: int) -> PatchGrid:
        """The grid of LR frames of this size; patches larger than the frame are cut to it."""
        if self.grid:
            return self.grid
        if self.patch:
            return PatchGrid.from_patch_size(
                width, height, min(self.patch[0], width), min(self.patch[1], height)
            )
        return PatchGrid.default(width, height)


@dataclass(frozen=True)
class NetworkWish:
    """An ONNX file for every clip, or with "{clip}" in its name one for each; None: the shipped."""

    template: str | None = None

    def of(self, clip: Path) -> Path | None:
        """The file for a clip."""
        if self.template is None:
            return None
        return Path(self.template.replace("{clip}", clip_name(clip)))

    def __str__(self) -> str:
        if self.template is None:
            return "shipped"
        return Path(self.template).stem.replace("{clip}", "").strip("-_ ") or "fitted"


@dataclass(frozen=True)
class Question:
    """What is asked for. The first grid and reuse mode are the main ones.

    clips         HR files
    networks      of anchors and per-frame SR
    halo          LR pixels about their anchors that networks see; None: each its own
    every_frame   networks that only run on every frame: the comparison at equal compute
    selectors     names, in `palantir.schedule.SELECTORS`, or "nemo"
    error_models  names, or OWN_MODEL, which selectors that see no graph always have, or MEASURED,
                  for OURS on the first grid and in the first mode, which must be detail
    judge         the network by which MEASURED measures; None: each its own
    ablations     whether `adjoint`, which must be among the selectors, is also to choose without
                  weights, and without texture, on the first grid and in the first mode
    budgets       above 0, at most 1
    by            what budgets are shares of: the network cost of per-frame SR, halo included, or
                  the patch area
    grids         on further ones than the first only OURS are run
    reuse         modes (`reuse_mode`); in further ones than the first only OURS and `neuroscaler`
                  are run, on the first grid
    frames        how many of each clip, by its name; "" is for clips not named, nothing: all
    first         first frame of each clip, likewise
    rates         bit rates of further LR streams, multiples of the recipe's, for plain upscaling
    ssim          whether SSIM of luma is measured, too; takes several times as long

    Raises ScheduleError where a budget is no share, a name is unknown or stands for two clips or
    networks, a list is empty that must not be, or ablations have nothing to be compared with.
    """

    clips: Sequence[Path]
    networks: Sequence[NetworkWish] = (NetworkWish(),)
    halo: int | None = None
    every_frame: Sequence[NetworkWish] = ()
    selectors: Sequence[str] = SELECTORS
    error_models: Sequence[str] = (OWN_MODEL,)
    judge: NetworkWish | None = None
    ablations: bool = False
    budgets: Sequence[Fraction] = BUDGETS
    by: Literal["cost", "area"] = "cost"
    grids: Sequence[GridWish] = (GridWish(),)
    reuse: Sequence[str] = ("detail",)
    frames: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, int] = field(default_factory=dict)
    rates: Sequence[Fraction] = ()
    ssim: bool = False

    def __post_init__(self) -> None:
        for name in ("clips", "networks", "selectors", "error_models", "budgets", "grids", "reuse"):
            if not getattr(self, name):
                raise ScheduleError(f"there is nothing to evaluate: no {name}")
        check_budgets(self.budgets)
        for name in self.selectors:
            if name not in _KNOWN:
                raise ScheduleError(f"selector {name!r} is none of: {', '.join(_KNOWN)}")
        if self.ablations and "adjoint" not in self.selectors:
            raise ScheduleError("ablations are compared with adjoint, which is no selector here")
        for model in self.error_models:
            _check_error_model(model)
        for mode in self.reuse:
            reuse_mode(mode)
        if MEASURED in self.error_models and reuse_mode(self.reuse[0])[0] != "detail":
            raise ScheduleError(f"error model {MEASURED} is of detail reuse, not {self.reuse[0]}")
        if self.judge and MEASURED not in self.error_models:
            raise ScheduleError(f"a judge goes with error model {MEASURED}")
        check_clips(self.clips, (*self.frames, *self.first))
        check_different("networks", [*map(str, self.networks), *map(str, self.every_frame)])

    def first_of(self, clip: Path) -> int:
        """The first frame to take of a clip."""
        return self.first.get(clip_name(clip), self.first.get("", 0))

    def frames_of(self, clip: Path) -> int | None:
        """How many frames to take of a clip; None: all."""
        return self.frames.get(clip_name(clip), self.frames.get(""))

    @property
    def methods(self) -> list[Method]:
        """Every selector with every error model that it sees, then the ablations."""
        estimated = [model for model in self.error_models if model != MEASURED] or [OWN_MODEL]
        methods = []
        for selector in self.selectors:
            models = self.error_models if selector in OURS else estimated
            seen = models if selector in _SEEING_THE_GRAPH else [OWN_MODEL]
            methods += [Method(selector, model) for model in seen]
        if self.ablations:
            methods += [
                Method("adjoint", model, without)
                for model in estimated
                for without in ("weight", "texture")
            ]
        return list(dict.fromkeys(methods))


def _check_error_model(name: str) -> None:
    if name in (OWN_MODEL, MEASURED):
        return
    try:
        error_model_of(name)
    except ScheduleError:
        known = ", ".join((OWN_MODEL, *ERROR_MODELS, MEASURED))
        raise ScheduleError(f"error model {name!r} is none of: {known}") from None


def check_budgets(budgets: Sequence[Fraction]) -> None:
    """Raise ScheduleError unless all are shares."""
    for budget in budgets:
        if not 0 < budget <= 1:
            raise ScheduleError(f"budget {budget} is not a share: above 0, at most 1")


def check_clips(clips: Sequence[Path], named: Sequence[str]) -> None:
    """Raise ScheduleError unless clips have names of their own and all of `named` are of them."""
    names = [clip_name(clip) for clip in clips]
    for name in named:
        if name and name not in names:
            raise ScheduleError(f"no clip is called {name!r}, only {', '.join(names)}")
    check_different("clips", names)


def check_different(what: str, names: Sequence[str]) -> None:
    """Raise ScheduleError where two have one name."""
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ScheduleError(f"several {what} would be called {twice[0]} in the tables")

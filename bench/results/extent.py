"""How much `bench results` measures: everything, or in `--quick` a few frames of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bench.clip import data_clips, data_folder, demo_clip
from palantir.evaluate.question import BUDGETS, SELECTORS

__all__ = ["Extent", "Film", "Stretch"]

_SPAN = "models/span-ch26-x4.onnx"


@dataclass(frozen=True)
class Stretch:
    """`frames` frames of HR clips from frame `first` on; networks may be fitted on those before."""

    clips: Sequence[Path]
    first: int
    frames: int


@dataclass(frozen=True)
class Film:
    """What the camera makes of a photograph (`palantir.train.camera`).

    size        of a frame, pixels
    canvas      width that the photograph is scaled to
    photograph  None: that which a shipped network has learnt from, on smaller frames
    """

    size: tuple[int, int]
    frames: int
    canvas: int
    photograph: Path | None = None


@dataclass(frozen=True)
class Extent:
    """Clips, frames, budgets and the rest, one value for all parts.

    fitted     clips with networks of their own, of about one size
    large      the same at 3840x2160
    given      clips for networks that are not fitted
    models     ONNX files of such networks besides the shipped one
    budgets    shares of the network cost of per-frame SR; `more` where two networks are compared;
               `few` for networks that are not fitted
    patches    sizes in LR pixels, besides the default grid
    rates      multiples of the recipe's bit rate
    nodes      single anchors a clip, and `sets` by lot, whose true gain is measured
    film       of a photograph
    steps      of fitting; None: as many as its minutes allow
    """

    fitted: Stretch
    large: Stretch
    given: Stretch
    models: Sequence[Path]
    selectors: Sequence[str]
    budgets: Sequence[Fraction]
    more: Sequence[Fraction]
    few: Sequence[Fraction]
    patches: Sequence[tuple[int, int]]
    rates: Sequence[Fraction]
    nodes: int
    sets: int
    film: Film
    steps: int | None = None

    @classmethod
    def whole(cls) -> Extent:
        """Of the data folder's clips; none where PALANTIR_DATA is not set."""
        clips = data_clips()
        large = [clip for clip in clips if "2160p" in clip.name]
        return cls(
            fitted=Stretch([clip for clip in clips if clip not in large], 60, 60),
            large=Stretch(large, 25, 25),
            given=Stretch(clips, 0, 60),
            models=_models(),
            selectors=SELECTORS,
            budgets=BUDGETS,
            more=[Fraction(1, 240), *BUDGETS, Fraction(1, 6), Fraction(1, 4)],
            few=BUDGETS[1::2],
            patches=((170, 160), (80, 80), (64, 64), (32, 32)),
            rates=(Fraction(5, 4), Fraction(3, 2), Fraction(2), Fraction(4)),
            nodes=48,
            sets=16,
            film=Film((3840, 2160), 60, 5312),
        )

    @classmethod
    def quick(cls) -> Extent:
        """Of a few frames of the demo's clip and of one of the data folder's, if there is one."""
        demo, one = demo_clip(), data_clips()[1:2]
        few = (Fraction(1, 20), Fraction(1, 6))
        return cls(
            fitted=Stretch([demo], 8, 4),
            large=Stretch([], 8, 4),
            given=Stretch([demo, *one], 0, 4),
            models=_models(),
            selectors=("gain-per-cost", "neuroscaler"),
            budgets=few,
            more=few,
            few=few,
            patches=((80, 80),),
            rates=(Fraction(2),),
            nodes=4,
            sets=2,
            film=Film((640, 352), 4, 1280, demo),
            steps=2,
        )


def _models() -> list[Path]:
    folder = data_folder()
    return [folder / _SPAN] if folder and (folder / _SPAN).exists() else []

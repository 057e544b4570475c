"""What is evaluated on: a part of an HR clip and the LR stream made from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import islice
from pathlib import Path

from palantir.errors import MediaError
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.media import Planes, VideoSource, encode_lr, lr_size, probe, read_frames
from palantir.media.encode import default_bitrate

__all__ = ["Material", "clip_name"]

_BEGINNING = 1 << 20  # bytes


def clip_name(clip: Path) -> str:
    """As tables show it: without size and frame rate."""
    return clip.stem.partition("_")[0]


@dataclass(frozen=True)
class Material:
    """Frames `first`.. of an HR clip as they were encoded, from that frame on, at `1/scale` size.

    rate  the LR stream's bit rate, in multiples of the recipe's
    """

    clip: Path
    first: int
    lr: Path
    scale: int
    rate: Fraction = Fraction(1)
    _graphs: dict[tuple[PatchGrid, str], ErrorGraph] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def encoded(
        cls,
        clip: Path,
        folder: Path,
        *,
        scale: int,
        first: int = 0,
        frames: int | None = None,
        rate: Fraction = Fraction(1),
        progress: Callable[[int], None] = lambda done: None,
    ) -> Material:
        """Encodes the LR stream into `folder`, unless it is there.

        Its first key frame is frame `first` of the clip: nothing of the frames before it is in it.

        Raises MediaError.
        """
        length = "" if frames is None else f"+{frames}"
        times = "" if rate == 1 else f"_x{float(rate):g}"
        name = f"{clip.stem}-{_mark(clip)}_{first}{length}_1-{scale}{times}.webm"
        lr = folder / name
        if not lr.exists():
            folder.mkdir(parents=True, exist_ok=True)
            bitrate = float(rate) * _bitrate(clip, scale)
            encode_lr(
                clip, lr, scale, bitrate=bitrate, start=first, frames=frames,
                progress=lambda done, _: progress(done),
            )  # fmt: skip
        return cls(clip, first, lr, scale, rate)

    @property
    def name(self) -> str:
        """Of the clip, as in tables."""
        return clip_name(self.clip)

    @cached_property
    def source(self) -> VideoSource:
        """The LR stream."""
        return VideoSource(self.lr)

    @cached_property
    def segment(self) -> str:
        """Enough of the packets' hash to tell streams apart."""
        return self.source.sha256().hex()[:16]

    @cached_property
    def shown(self) -> int:
        """Displayed frames."""
        return int(self.graph(None, "detail").shown.sum())

    @property
    def seconds(self) -> float:
        """For which they are displayed."""
        return float(self.shown / self.source.frame_rate)

    @cached_property
    def kilobits(self) -> float:
        """A second, of the LR stream's VP9 packets."""
        size = sum(len(packet.data) for packet in self.source.packets())
        return 8e-3 * size / self.seconds

    @property
    def megapixels(self) -> float:
        """Of an SR frame."""
        return 1e-6 * self.source.width * self.source.height * self.scale**2

    @property
    def per_frame_pixels(self) -> float:
        """LR pixels of per-frame SR, invisible frames too, for each displayed one."""
        sizes = self.graph(None, "detail").frames.sizes
        return sum(width * height for width, height in sizes) / self.shown

    def originals(self) -> Iterator[Planes]:
        """The HR frames."""
        return islice(read_frames(self.clip), self.first, None)

    def graph(self, grid: PatchGrid | None, error_model: str) -> ErrorGraph:
        """Of the LR stream, made once; None is the default grid."""
        grid = grid or PatchGrid.default(self.source.width, self.source.height)
        key = grid, error_model
        if key not in self._graphs:
            self._graphs[key] = ErrorGraph.from_video(self.source, grid, error_model=error_model)
        return self._graphs[key]


def _mark(clip: Path) -> str:
    """Tells clips of one name apart: by their size and how they begin."""
    try:
        with clip.open("rb") as file:
            beginning = file.read(_BEGINNING)
        size = clip.stat().st_size
    except OSError as error:
        raise MediaError(f"{clip}: {error.strerror}") from None
    return hashlib.sha256(f"{size} ".encode() + beginning).hexdigest()[:8]


def _bitrate(clip: Path, scale: int) -> float:
    """The recipe's, in kbit/s."""
    facts = probe(clip)
    return default_bitrate(*lr_size(facts.width, facts.height, scale))

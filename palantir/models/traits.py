"""What the enhancer must know of a network: told by the model's metadata, else found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.models.measure import measure_radius, measure_scale
from palantir.models.onnx_file import OnnxFile
from palantir.models.receptive_field import UnknownReachError, WholeFrameError, derive

__all__ = [
    "METADATA_PREFIX",
    "NetworkLoad",
    "NetworkTraits",
    "checked_halo",
    "find_load",
    "find_traits",
]

METADATA_PREFIX = "palantir."
SCALES = (1, 2, 3, 4)
# LR pixels. What lies further hardly matters to any network that was tried (docs/results.md, Halo),
# while a halo as wide as what a pixel depends on would often cost more than the patch.
USUAL_HALO = 4
Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class NetworkTraits:
    """The facts that an ONNX file's metadata holds under `palantir.<name>`, all optional there.

    scale: SR width / LR width. colour: what the channels are. output: "picture" is SR itself,
    "detail" is (SR - bicubic(LR)) / 255. range: whether 0 and 1 stand for the ends of a full-range
    picture ("full"), or for the values 0 and 255 as coded in limited range ("limited").
    radius: LR pixels of surroundings that a pixel depends on, None if the whole frame.
    halo: LR pixels of surroundings that a patch is run with; unless told the radius, but at most 4;
    None where that is not known.
    macs_per_pixel: multiply-accumulates of convolutions per LR pixel, None if unknown.
    """

    scale: int
    colour: Literal["rgb", "luma"]
    output: Literal["picture", "detail"]
    range: Literal["full", "limited"]
    radius: int | None
    halo: int | None
    macs_per_pixel: int | None

    @staticmethod
    def keys() -> set[str]:
        """The metadata keys that hold traits."""
        return {METADATA_PREFIX + field.name for field in fields(NetworkTraits)}

    def found(self) -> dict[str, str]:
        """Metadata of what a network is, all but the halo, which is how one wants to run it."""
        return {
            METADATA_PREFIX + key: str(value)
            for key, value in asdict(self).items()
            if value is not None and key != "halo"
        }


def find_traits(file: OnnxFile, run: Run, channels: int, name: str) -> NetworkTraits:
    """The traits of the model `file`, which `run` runs and messages call `name`.

    Raises ModelError for metadata that makes no sense or contradicts what the model does.
    """
    finder = _Finder(file, run, channels, name)
    scale = finder.scale()
    load = finder.load(scale)
    return NetworkTraits(
        scale, finder.colour(), finder.output(), finder.range(),
        load.radius, load.halo, load.macs_per_pixel,
    )  # fmt: skip


@dataclass(frozen=True)
class _Finder:
    file: OnnxFile
    run: Run
    channels: int
    name: str

    def colour(self) -> Literal["rgb", "luma"]:
        found: Literal["rgb", "luma"] = "luma" if self.channels == 1 else "rgb"
        marked = self._word("colour", ("rgb", "luma"), found)
        if marked != found:
            raise ModelError(
                f"{self.name}: is marked {marked}, which {self.channels} channels are not"
            )
        return found

    def output(self) -> Literal["picture", "detail"]:
        word = self._word("output", ("picture", "detail"), "picture")
        return "detail" if word == "detail" else "picture"

    def range(self) -> Literal["full", "limited"]:
        usual = "limited" if self.channels == 1 else "full"
        return "full" if self._word("range", ("full", "limited"), usual) == "full" else "limited"

    def scale(self) -> int:
        (vertical, horizontal), channels = measure_scale(self.run, self.channels)
        if channels != self.channels:
            raise ModelError(f"{self.name}: gives {channels} channels for {self.channels}")
        if vertical != horizontal or vertical not in SCALES:
            found = f"{vertical:g}" if vertical == horizontal else f"{horizontal:g}x{vertical:g}"
            raise ModelError(f"{self.name}: scales by {found}; 1, 2, 3 and 4 are possible")
        marked = self._number("scale")
        if marked not in (None, vertical):
            raise ModelError(f"{self.name}: is marked scale {marked} but scales by {vertical:g}")
        return int(vertical)

    def load(self, scale: int) -> NetworkLoad:
        """Told, else derived, else measured."""
        try:
            return find_load(self.file, self.name)
        except UnknownReachError:
            measured = measure_radius(self.run, self.channels, scale)
            return _load(self.file, self.name, measured, self._number("macs_per_pixel"))

    def _word(self, key: str, allowed: tuple[str, str], default: str) -> str:
        value = self.file.metadata.get(METADATA_PREFIX + key, default)
        if value not in allowed:
            choice = " or ".join(allowed)
            raise ModelError(f"{self.name}: {METADATA_PREFIX}{key} is {value!r}, not {choice}")
        return value

    def _number(self, key: str) -> int | None:
        return _told(self.file, self.name, key)


@dataclass(frozen=True)
class NetworkLoad:
    """What running a network costs, as in `NetworkTraits`."""

    radius: int | None
    halo: int | None
    macs_per_pixel: int | None


def find_load(file: OnnxFile, name: str) -> NetworkLoad:
    """What running a model costs, told by its file or derived from it.

    Raises UnknownReachError where the radius can only be found by running the model, ModelError
    for metadata that is no number.
    """
    radius, macs = _told(file, name, "radius"), _told(file, name, "macs_per_pixel")
    if radius is not None and macs is not None:
        return _load(file, name, radius, macs)
    try:
        footprint, derived = derive(file)
    except WholeFrameError:
        return _load(file, name, radius, macs)
    except UnknownReachError:
        if radius is None:
            raise
        return _load(file, name, radius, macs)
    radius = footprint.radius if radius is None else radius
    return _load(file, name, radius, derived if macs is None else macs)


def _load(file: OnnxFile, name: str, radius: int | None, macs: int | None) -> NetworkLoad:
    halo = _told(file, name, "halo")
    if halo is None and radius is not None:
        halo = min(radius, USUAL_HALO)
    return NetworkLoad(radius, halo, macs)


def checked_halo(halo: int) -> int:
    """`halo`, LR pixels. Raises ModelError where it is no whole number, 0 or more."""
    if type(halo) is not int or halo < 0:
        raise ModelError(f"a halo of {halo} pixels is none")
    return halo


def _told(file: OnnxFile, name: str, key: str) -> int | None:
    value = file.metadata.get(METADATA_PREFIX + key)
    if value is not None and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ModelError(f"{name}: {METADATA_PREFIX}{key} is {value!r}, not a number")
    return None if value is None else int(value)

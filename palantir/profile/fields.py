"""The profile's map: the meaning, range and layout of each field, and in which version it is.

Version 2 adds the light network's patches, and is written for profiles that have some.
All functions raise ValueError with the reason in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.grid import MOST_PATCHES, PatchGrid
from palantir.profile.bits import pack_flags, pack_packets, unpack_flags, unpack_packets
from palantir.profile.container import Value

if TYPE_CHECKING:
    from palantir.profile.cache_profile import CacheProfile

__all__ = ["REUSE_MODES", "VERSION", "check", "from_fields", "to_fields"]

VERSION = 2
REUSE_MODES = ("detail", "paper")
MAXIMUM_SIDE = 65536  # pixels; VP9's own limit
MAXIMUM_PATCHES = 65536  # of a frame
MAXIMUM_FRAMES = 2**23  # 38 hours of 60 frames/s; a reader takes some 50 bytes for each
MAXIMUM_PACKETS = 2**28
_MAXIMUM_TEXT = 256
_MAXIMUM_PARAMETERS = 64

_INTEGER, _TEXT, _BYTES, _PAIR, _MAP = (int,), (str,), (bytes,), (list,), (dict,)
_TYPES: dict[str, tuple[type, ...]] = {
    "version": _INTEGER,
    "lr_size": _PAIR,
    "grid": _PAIR,
    "frames": _INTEGER,
    "packets": _BYTES,
    "shown": _BYTES,
    "anchor_frames": _BYTES,
    "anchors": _BYTES,
    "selector": _TEXT,
    "parameters": _MAP,
    "budget": (int, float),
    "estimate": _PAIR,
    "reuse": _TEXT,
    "reuse_parameters": _MAP,
    "sha256": _BYTES,
}
_TYPES_OF = {1: _TYPES, 2: {**_TYPES, "light": _BYTES}}


def to_fields(profile: CacheProfile) -> dict[str, Value]:
    """The map of a profile that has passed `check`."""
    anchor_frames = np.asarray(profile.anchors.any(axis=1))
    light: dict[str, Value] = {}
    if profile.light is not None:
        light["light"] = pack_flags(profile.light[anchor_frames])
    return {
        "version": 2 if light else 1,
        "lr_size": list(profile.lr_size),
        "grid": [profile.grid.rows, profile.grid.columns],
        "frames": len(profile),
        "packets": pack_packets(profile.packet),
        "shown": pack_flags(profile.shown),
        "anchor_frames": pack_flags(anchor_frames),
        "anchors": pack_flags(profile.anchors[anchor_frames]),
        "selector": profile.selector,
        "parameters": dict(profile.parameters),
        "budget": profile.budget,
        "estimate": [float(profile.estimated_before), float(profile.estimated_after)],
        "reuse": profile.reuse,
        "reuse_parameters": dict(profile.reuse_parameters),
        "sha256": profile.segment_sha256,
        **light,
    }


def from_fields(fields: Mapping[str, Value]) -> dict[str, Any]:
    """The arguments of `CacheProfile` in a decoded map, all but ranges checked."""
    version = _version(fields.get("version"))
    _check_types(fields, _TYPES_OF[version])
    known: Mapping[str, Any] = fields
    frames, lr_size = known["frames"], _pair(known, "lr_size", int)
    rows, columns = _pair(known, "grid", int)
    if frames < 1 or rows < 1 or columns < 1:
        raise ValueError(f"{frames} frames of {rows}x{columns} patches")
    _check_extent(frames, rows * columns)
    before, after = _pair(known, "estimate", float)
    shown = _field(known, "shown", unpack_flags, 1, frames)[0]
    anchor_frames = _field(known, "anchor_frames", unpack_flags, 1, frames)[0]
    bitmaps = _field(known, "anchors", unpack_flags, int(anchor_frames.sum()), rows * columns)
    if not bitmaps.any(axis=1).all():
        raise ValueError("a frame listed in anchor_frames has no anchor")
    light = None
    if version > 1:
        lights = _field(known, "light", unpack_flags, *bitmaps.shape)
        if not lights.any():
            raise ValueError("field light names no patch: that is version 1")
        light = _spread(lights, anchor_frames)
    return {
        "lr_size": lr_size,
        "grid": PatchGrid(rows, columns),
        "anchors": _spread(bitmaps, anchor_frames),
        "light": light,
        "packet": _field(known, "packets", unpack_packets, frames),
        "shown": shown,
        "selector": known["selector"],
        "parameters": known["parameters"],
        "budget": known["budget"],
        "estimated_before": before,
        "estimated_after": after,
        "reuse": known["reuse"],
        "reuse_parameters": known["reuse_parameters"],
        "segment_sha256": known["sha256"],
    }


def _spread(bitmaps: NDArray[np.bool_], frames: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The bitmaps of some frames among those of all, bool [T, P]."""
    flags = np.zeros((len(frames), bitmaps.shape[1]), np.bool_)
    flags[frames] = bitmaps
    return flags


def check(profile: CacheProfile) -> None:
    """Refuse a profile whose values are out of range or disagree."""
    _check_frames(profile)
    for name in ("estimated_before", "estimated_after"):
        value = getattr(profile, name)
        if type(value) is not float or not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} {value!r} is not a finite number of at least 0")
    _check_budget(profile.budget)
    _check_text("selector", profile.selector)
    _check_parameters("parameters", profile.parameters)
    if profile.reuse not in REUSE_MODES:
        raise ValueError(f"reuse mode {profile.reuse!r} is none of: {', '.join(REUSE_MODES)}")
    _check_parameters("reuse_parameters", profile.reuse_parameters)
    if type(profile.segment_sha256) is not bytes or len(profile.segment_sha256) != 32:
        raise ValueError("the segment's SHA-256 is not 32 bytes")


def _version(version: object) -> int:
    if type(version) is not int or version < 1:
        raise ValueError(f"format version {version!r} is not a version")
    if version > VERSION:
        raise ValueError(f"format version {version} is newer than {VERSION}")
    return version


def _check_types(fields: Mapping[str, Value], types: Mapping[str, tuple[type, ...]]) -> None:
    for name in sorted(types.keys() ^ fields.keys()):
        raise ValueError(f"field {name} is {'missing' if name in types else 'unknown'}")
    for name, allowed in types.items():
        if type(fields[name]) not in allowed:  # by type: a bool is no integer here
            raise ValueError(f"field {name} has the wrong type")


def _pair(fields: Mapping[str, Any], name: str, wanted: type) -> tuple[Any, Any]:
    value = fields[name]
    if [type(item) for item in value] != [wanted, wanted]:
        raise ValueError(f"field {name} is not two of the right type")
    return value[0], value[1]


def _field(fields: Mapping[str, Any], name: str, unpack: Any, *sizes: int) -> Any:
    try:
        return unpack(fields[name], *sizes)
    except ValueError as error:
        raise ValueError(f"field {name} {error}") from None


def _check_extent(frames: int, patches: int) -> None:
    too_many = patches > MAXIMUM_PATCHES or frames > MAXIMUM_FRAMES
    if too_many or frames * patches > MOST_PATCHES:
        raise ValueError(f"{frames} frames of {patches} patches are too many")


def _check_frames(profile: CacheProfile) -> None:
    frames, patches = len(profile), profile.grid.count
    width, height = profile.lr_size
    for side in (width, height):
        if type(side) is not int or not 1 <= side <= MAXIMUM_SIDE:
            raise ValueError(f"frame size {width}x{height} is out of range")
    try:
        profile.grid.fit(width, height)
    except ScheduleError as error:
        raise ValueError(str(error)) from None
    if frames < 1:
        raise ValueError("no coded frames")
    _check_extent(frames, patches)
    shapes = (profile.anchors.shape, profile.packet.shape, profile.shown.shape)
    if shapes != ((frames, patches), (frames,), (frames,)):
        raise ValueError(f"anchors, packet and shown have shapes {shapes}")
    light = profile.light
    if light is not None and light.shape != profile.anchors.shape:
        raise ValueError(f"light has shape {light.shape}, anchors {profile.anchors.shape}")
    if light is not None and np.any(light & ~profile.anchors):
        raise ValueError("the light network has a patch that is no anchor")
    packet = profile.packet
    if packet[0] < 0 or packet[-1] >= MAXIMUM_PACKETS or np.any(np.diff(packet) < 0):
        raise ValueError("packet indices fall or are out of range")


def _check_budget(budget: object) -> None:
    count = type(budget) is int and 0 <= budget <= MOST_PATCHES
    share = type(budget) is float and 0 <= budget <= 1
    if not (count or share):
        raise ValueError(f"budget {budget!r} is neither a share nor a number of anchors")


def _check_text(name: str, text: object) -> None:
    # Printable: the text ends up on terminals.
    if type(text) is not str or not 1 <= len(text) <= _MAXIMUM_TEXT or not text.isprintable():
        raise ValueError(f"{name} is not a printable text of 1 to {_MAXIMUM_TEXT} characters")


def _check_parameters(name: str, parameters: Mapping[str, object]) -> None:
    if len(parameters) > _MAXIMUM_PARAMETERS:
        raise ValueError(f"{name} has {len(parameters)} entries, more than {_MAXIMUM_PARAMETERS}")
    for key, value in parameters.items():
        _check_text(f"a name in {name}", key)
        if type(value) is str:
            _check_text(f"{name}.{key}", value)
        elif not (type(value) is bool or _is_number(value)):
            raise ValueError(f"{name}.{key} is no finite number, flag or text")


def _is_number(value: object) -> bool:
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return type(value) is float and math.isfinite(value)

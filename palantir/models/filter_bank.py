"""The plain upscaler U fitted to one video: a linear filter for each class of places in luma.

The bank travels as text in the metadata of the network that is fitted to the same video.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.errors import ModelError
from palantir.models.onnx_file import MAX_BYTES, OnnxFile, parse
from palantir.models.traits import METADATA_PREFIX

__all__ = [
    "CLASSES",
    "FILTERS_KEY",
    "FILTER_BITS",
    "TAPS",
    "WEIGHT_BOUND",
    "FilterBank",
    "attach",
    "find_filters",
]

FILTERS_KEY = METADATA_PREFIX + "filters"
_FITTED_KEY = "filters.fitted"
CLASSES = _core.FILTER_CLASSES
FILTER_BITS = _core.FILTER_BITS  # a weight of 1 is 512
WEIGHT_BOUND = _core.FILTER_WEIGHT_BOUND
TAPS = _core.FILTER_TAPS  # offsets (down, across) of a filter's taps, LR pixels

_SCALES = (2, 3, 4)
_VERSION = 1
_MOST_BYTES = 2 + 2 * CLASSES * len(TAPS) * max(_SCALES) ** 2
_MOST_TEXT = 2 * _MOST_BYTES  # what zlib cannot make smaller takes 4/3 in base64
_METADATA_FIELD = 14  # ModelProto.metadata_props: messages of key (1) and value (2)


@dataclass(frozen=True, eq=False)
class FilterBank:
    """Filters of luma, by class (`_core.filter_classes`).

    weights: int16 [CLASSES, taps, scale, scale], -4096..4096 in 1/512; the last two axes are row
    and column of the SR pixel inside its LR pixel. An SR sample is its LR pixel and, for each tap,
    weight times what the pixel there differs from it by. Raises ModelError for other weights.
    """

    weights: NDArray[np.int16]

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 4 or shape[:2] != (CLASSES, len(TAPS)) or shape[2] != shape[3]:
            needed = f"[{CLASSES}, {len(TAPS)}, scale, scale]"
            raise ModelError(f"filters of shape {list(shape)}; they must be {needed}")
        if shape[2] not in _SCALES:
            raise ModelError(f"filters for x{shape[2]}; x2, x3 and x4 are possible")
        if self.weights.dtype != np.int16:
            raise ModelError(f"filters of {self.weights.dtype}, not of int16")
        lowest, highest = int(self.weights.min()), int(self.weights.max())
        if max(-lowest, highest) > WEIGHT_BOUND:
            raise ModelError(f"filters from {lowest} to {highest}, beyond {WEIGHT_BOUND}")

    @property
    def scale(self) -> int:
        """SR width / LR width."""
        return int(self.weights.shape[2])

    def to_text(self) -> str:
        """As a file's metadata hold it: version, scale and weights, by zlib and base64."""
        data = bytes((_VERSION, self.scale)) + self.weights.astype("<i2").tobytes()
        return base64.b64encode(zlib.compress(data, 9)).decode("ascii")

    @classmethod
    def from_text(cls, text: str, name: str) -> FilterBank:
        """What `to_text` gave. Raises ModelError that names the file `name` for any other text."""
        data = _decompressed(text, name)
        if data[:1] != bytes((_VERSION,)):
            raise ModelError(f"{name}: {FILTERS_KEY} is of a version that is not known")
        scale = data[1] if len(data) > 1 else 0
        shape = (CLASSES, len(TAPS), scale, scale)
        expected = 2 + 2 * CLASSES * len(TAPS) * scale**2
        if scale not in _SCALES or len(data) != expected:
            raise ModelError(f"{name}: {FILTERS_KEY} has {len(data)} bytes for x{scale}")
        weights = np.frombuffer(data, "<i2", offset=2).reshape(shape).astype(np.int16)
        try:
            return cls(weights)
        except ModelError as error:
            raise ModelError(f"{name}: {FILTERS_KEY} has {error}") from None


def find_filters(file: OnnxFile, scale: int, name: str) -> FilterBank | None:
    """The filters that a model of `scale` carries, None without; messages call it `name`.

    Raises ModelError for filters that cannot be read or are of another scale.
    """
    text = file.metadata.get(FILTERS_KEY)
    if text is None:
        return None
    bank = FilterBank.from_text(text, name)
    if bank.scale != scale:
        raise ModelError(f"{name}: scales by {scale} but has filters for x{bank.scale}")
    return bank


def attach(model: bytes, bank: FilterBank, name: str, fitted: str = "") -> bytes:
    """The ONNX file `model`, called `name` in messages, with the filters in its metadata.

    fitted  to what, and what they win: a note kept as `filters.fitted`

    Raises ModelError where it is no ONNX model, has filters already, or would become a file too
    large to be read again.
    """
    if FILTERS_KEY in parse(model, name).metadata:
        raise ModelError(f"{name}: has filters already")
    entries = _entry(FILTERS_KEY, bank.to_text())
    if fitted:
        entries += _entry(_FITTED_KEY, fitted)
    size = len(model) + len(entries)
    if size > MAX_BYTES:
        raise ModelError(f"{name}: {size} bytes with filters; models up to {MAX_BYTES} are read")
    return model + entries  # order is free in protobuf


def _decompressed(text: str, name: str) -> bytes:
    """The bytes that the text stands for, at most as many as the largest bank has."""
    if len(text) > _MOST_TEXT:
        raise ModelError(f"{name}: {FILTERS_KEY} has {len(text)} characters, beyond {_MOST_TEXT}")
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(base64.b64decode(text, validate=True), _MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise ModelError(f"{name}: {FILTERS_KEY} cannot be unpacked ({error})") from None
    if len(data) > _MOST_BYTES:
        raise ModelError(f"{name}: {FILTERS_KEY} unpacks to more than {_MOST_BYTES} bytes")
    if not unpacking.eof or unpacking.unused_data:
        raise ModelError(f"{name}: {FILTERS_KEY} is cut off or has something behind its end")
    return data


def _entry(key: str, text: str) -> bytes:
    """An entry of an ONNX file's metadata."""
    return _message(_METADATA_FIELD, _message(1, key.encode()) + _message(2, text.encode()))


def _message(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes((*digits, value))

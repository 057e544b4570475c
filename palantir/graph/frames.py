"""What the scheduler knows of every coded frame, as columns of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError

__all__ = ["FrameRow", "FrameTable"]

_DTYPES = {
    "packet": np.int64,
    "shown": np.bool_,
    "key": np.bool_,
    "intra_only": np.bool_,
    "width": np.int32,
    "height": np.int32,
    "quantizer": np.int16,
    "coded_bytes": np.int64,
    "references": np.int32,
    "time": np.float64,
    "duration": np.float64,
}
_FRAME_RATE = 25  # of tables that do not come from a stream


@dataclass(slots=True)
class FrameRow:
    """One row of a FrameTable, of a frame that a later packet may yet display again."""

    packet: int
    shown: bool
    key: bool
    intra_only: bool
    width: int
    height: int
    quantizer: int
    coded_bytes: int
    references: tuple[int, ...]
    time: float
    duration: float = 0.0


@dataclass(frozen=True, eq=False)
class FrameTable:
    """One row a coded frame, in decode order; `T` rows.

    packet       int64 [T]     index of the packet that holds the frame; never falls
    shown        bool [T]      the frame is displayed, at once or by a later show_existing_frame
    key          bool [T]      key frame: it resets all eight reference slots
    intra_only   bool [T]      intra-only frame: no references, resets no slots but its own
    width        int32 [T]     luma pixels
    height       int32 [T]     luma pixels
    quantizer    int16 [T]     base quantiser index, 0..255
    coded_bytes  int64 [T]     size of the coded frame
    references   int32 [T, 3]  coded-frame indices of LAST, GOLDEN, ALTREF; -1 where there is none
    time         float64 [T]   presentation time of the packet, seconds
    duration     float64 [T]   seconds of display, by whichever packets; 0 for frames never shown

    Raises ScheduleError where the columns differ in length, refer to a frame not yet decoded, or
    hold times that are no numbers.
    """

    packet: NDArray[np.int64]
    shown: NDArray[np.bool_]
    key: NDArray[np.bool_]
    intra_only: NDArray[np.bool_]
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    quantizer: NDArray[np.int16]
    coded_bytes: NDArray[np.int64]
    references: NDArray[np.int32]
    time: NDArray[np.float64]
    duration: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype))
        for name in _DTYPES:
            self._check_shape(name)
        if np.any(self.references >= np.arange(len(self))[:, None]):
            frame = int(np.argmax(np.any(self.references >= np.arange(len(self))[:, None], axis=1)))
            raise ScheduleError(f"coded frame {frame} refers to a frame that is not before it")
        if np.any(np.diff(self.packet) < 0):
            raise ScheduleError("packet indices of coded frames fall")
        self._check_number("time", np.isfinite(self.time))
        self._check_number("duration", np.isfinite(self.duration) & (self.duration >= 0))

    def _check_shape(self, name: str) -> None:
        wanted = (len(self), 3) if name == "references" else (len(self),)
        found = getattr(self, name).shape
        if found != wanted:
            raise ScheduleError(f"frame table column {name} has shape {found}, not {wanted}")

    def _check_number(self, name: str, sound: NDArray[np.bool_]) -> None:
        if not sound.all():
            frame = int(np.argmin(sound))
            raise ScheduleError(f"{name} of coded frame {frame} is {getattr(self, name)[frame]:g}")

    def __len__(self) -> int:
        """Coded frames, `T`."""
        return int(self.packet.shape[0]) if self.packet.ndim else 0

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(width, height) of each frame."""
        return tuple(zip(self.width.tolist(), self.height.tolist(), strict=True))

    def between(self, first: int, stop: int) -> FrameTable:
        """The rows `first`..`stop - 1` as a table of their own; references before it become -1.

        All columns but `references` are views.
        """
        columns = {name: getattr(self, name)[first:stop] for name in _DTYPES}
        columns["references"] = np.maximum(self.references[first:stop] - first, -1)
        return self._trusted(columns)

    @classmethod
    def _trusted(cls, columns: Mapping[str, NDArray[np.generic]]) -> FrameTable:
        """A table of columns that need no check: rows of one that has passed it."""
        table = object.__new__(cls)
        for name in _DTYPES:
            object.__setattr__(table, name, columns[name])
        return table

    @classmethod
    def from_rows(cls, rows: Sequence[FrameRow]) -> FrameTable:
        """The table of `rows`, in decode order; raises ScheduleError as the constructor does."""
        columns = {name: np.array([getattr(row, name) for row in rows]) for name in _DTYPES}
        columns["references"] = columns["references"].reshape(len(rows), 3)  # of no rows, too
        return cls(**columns)

    @classmethod
    def plain(
        cls,
        width: int,
        height: int,
        shown: Sequence[bool] | NDArray[np.bool_],
        key: Sequence[bool] | NDArray[np.bool_] | None = None,
    ) -> FrameTable:
        """A table of equally sized frames, one a packet, each referring to the one before it.

        For graphs that do not come from a stream; 25 packets a second. Without `key` the first
        frame is the key frame.
        """
        count = len(shown)
        keys = np.arange(count) == 0 if key is None else np.asarray(key, np.bool_)
        previous = np.where(keys, -1, np.arange(count) - 1)
        return cls(
            packet=np.arange(count, dtype=np.int64),
            shown=np.asarray(shown, np.bool_),
            key=keys,
            intra_only=np.zeros(count, np.bool_),
            width=np.full(count, width, np.int32),
            height=np.full(count, height, np.int32),
            quantizer=np.zeros(count, np.int16),
            coded_bytes=np.zeros(count, np.int64),
            references=np.repeat(previous[:, None], 3, axis=1).astype(np.int32),
            time=np.arange(count) / _FRAME_RATE,
            duration=np.asarray(shown, np.bool_) / _FRAME_RATE,
        )

"""`CacheProfile`: which patches of a segment go through the network, as a file.

The format is set down in docs/cache-profile.md and docs/cache-profile.cddl.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ProfileError
from palantir.files import atomic_write, open_regular
from palantir.grid import PatchGrid
from palantir.profile import container, fields

if TYPE_CHECKING:
    from palantir.graph.error_graph import ErrorGraph
    from palantir.schedule.live_record import LiveRecord
    from palantir.schedule.selection import Selection

__all__ = ["REUSE_PARAMETERS", "CacheProfile", "Parameters"]

Parameters = Mapping[str, bool | int | float | str]

# What each reuse mode takes where nothing else is asked for; `fade` in grey levels (docs/results.md
# compares some).
REUSE_PARAMETERS: Mapping[str, Parameters] = {"detail": {"fade": 2.0}, "paper": {}}


@dataclass(frozen=True, eq=False)
class CacheProfile:
    """The anchors of one segment and what a decoder must know to use them.

    lr_size           (width, height) of the LR stream, 1..65536 pixels
    grid              the patches of a frame; `P = grid.count`, at most 65536
    anchors           bool [T, P], patches of coded frames that go through a network
    packet            int64 [T], packet index of each coded frame; never falls
    shown             bool [T], whether the coded frame is ever displayed
    selector          name of the selector that chose the anchors
    parameters        its parameters, and the error model's name
    budget            share of the patch area (float, 0..1) or number of anchors (int), as asked
                      for; a share of network cost, and what the network may compute: in
                      `parameters` (docs/cache-profile.md)
    estimated_before  objective `J` with no anchors, finite, >= 0
    estimated_after   objective `J` with these anchors, finite, >= 0
    reuse             "detail" or "paper"
    reuse_parameters  parameters of the reuse mode
    segment_sha256    SHA-256 of the segment's VP9 packets, 32 bytes
    light             bool [T, P], anchors of a second, lighter network; None: there is one network

    Raises ProfileError where a value is not so, `T` exceeds 2^23 or `T * P` exceeds 2^27.
    """

    lr_size: tuple[int, int]
    grid: PatchGrid
    anchors: NDArray[np.bool_]
    packet: NDArray[np.int64]
    shown: NDArray[np.bool_]
    selector: str
    parameters: Parameters
    budget: float | int
    estimated_before: float
    estimated_after: float
    reuse: str
    segment_sha256: bytes
    reuse_parameters: Parameters = field(default_factory=dict)
    light: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "anchors", np.ascontiguousarray(self.anchors, np.bool_))
        if self.light is not None:
            light = np.ascontiguousarray(self.light, np.bool_)
            object.__setattr__(self, "light", light if light.any() else None)
        object.__setattr__(self, "packet", np.ascontiguousarray(self.packet, np.int64))
        object.__setattr__(self, "shown", np.ascontiguousarray(self.shown, np.bool_))
        try:
            fields.check(self)
        except ValueError as error:
            raise ProfileError(str(error)) from None

    @classmethod
    def from_selection(
        cls,
        graph: ErrorGraph,
        selection: Selection,
        reuse: str = "detail",
        reuse_parameters: Parameters | None = None,
    ) -> CacheProfile:
        """The profile of `selection`, made on `graph`; None takes the reuse mode's own parameters.

        Raises ProfileError where the graph is not bound to a segment.
        """
        if graph.segment_sha256 is None:
            raise ProfileError("the graph does not name the segment it was made from")
        tiers = selection.tiers_by_frame(len(graph.frames), graph.grid.count)
        estimated = {} if graph.error_model is None else {"error_model": graph.error_model}
        return cls(
            lr_size=graph.lr_size,
            grid=graph.grid,
            anchors=tiers > 0,
            light=tiers == 2,
            packet=graph.frames.packet,
            shown=graph.shown,
            selector=selection.selector,
            parameters={**selection.parameters, **estimated},
            budget=selection.budget.recorded(int(np.count_nonzero(tiers))),
            estimated_before=float(selection.total[0]),
            estimated_after=float(selection.total[-1]),
            reuse=reuse,
            reuse_parameters=_reuse_parameters(reuse, reuse_parameters),
            segment_sha256=graph.segment_sha256,
        )

    @classmethod
    def from_live(
        cls,
        record: LiveRecord,
        segment_sha256: bytes,
        reuse: str = "detail",
        reuse_parameters: Parameters | None = None,
    ) -> CacheProfile:
        """The profile of what a `LiveScheduler` chose for the segment of this SHA-256.

        The record covers exactly the segment's coded frames. Raises ProfileError for an unusable
        digest or reuse mode.
        """
        return cls(
            lr_size=record.lr_size,
            grid=record.grid,
            anchors=record.anchors,
            packet=record.packet,
            shown=record.shown,
            selector="adjoint",
            parameters=dict(record.parameters),
            budget=record.budget.recorded(int(np.count_nonzero(record.anchors))),
            estimated_before=record.untouched,
            estimated_after=record.objective,
            reuse=reuse,
            reuse_parameters=_reuse_parameters(reuse, reuse_parameters),
            segment_sha256=segment_sha256,
        )

    def __len__(self) -> int:
        """Coded frames, `T`."""
        return len(self.shown)

    def tiers(self, frames: slice) -> NDArray[np.uint8]:
        """By which network the patches of some frames go, uint8 [frames, P].

        0: by none, 1: by the (large) one, 2: by the light one.
        """
        tiers = self.anchors[frames].astype(np.uint8)
        if self.light is not None:
            tiers += self.light[frames]
        return tiers

    def to_bytes(self) -> bytes:
        """The file's bytes; equal profiles give equal bytes. Raises ProfileError above 64 MiB."""
        data = container.wrap(container.encode_map(fields.to_fields(self)))
        if len(data) > container.MAXIMUM_SIZE:
            raise ProfileError(f"profile of more than {container.MAXIMUM_SIZE} bytes")
        return data

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "") -> CacheProfile:
        """The profile in a file's bytes; `name` is the file's, for messages.

        Raises ProfileError for anything that `to_bytes` would not have written.
        """
        try:
            values = container.decode_map(container.unwrap(data))
            return cls(**fields.from_fields(values))
        except (ValueError, ProfileError) as error:
            raise ProfileError(f"profile {name}".rstrip() + f": {error}") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file; it appears whole or not at all. Raises ProfileError where it cannot."""
        data = self.to_bytes()
        try:
            atomic_write(path, data)
        except OSError as error:
            raise ProfileError(f"profile {os.fspath(path)}: {error.strerror}") from error

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> CacheProfile:
        """Read a file of at most 64 MiB. Raises ProfileError for anything but a sound profile."""
        try:
            with open_regular(path) as file:
                data = file.read(container.MAXIMUM_SIZE + 1)
        except OSError as error:
            raise ProfileError(f"profile {os.fspath(path)}: {error.strerror}") from error
        return cls.from_bytes(data, os.fspath(path))

    def check_segment(self, sha256: bytes, name: str = "") -> None:
        """Raise ProfileError unless `sha256` is that of the segment the profile was made for."""
        if sha256 != self.segment_sha256:
            raise ProfileError(
                f"profile {name}".rstrip() + ": made for another segment (SHA-256 "
                f"{self.segment_sha256.hex()[:16]}..., not {sha256.hex()[:16]}...)"
            )


def _reuse_parameters(reuse: str, given: Parameters | None) -> Parameters:
    return dict(REUSE_PARAMETERS.get(reuse, {}) if given is None else given)

"""The decoder's Python face."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from palantir import _core
from palantir.codec.coded_frame import CodedFrame
from palantir.errors import BitstreamError
from palantir.grid import PatchGrid
from palantir.media.source import Packet, VideoSource

__all__ = ["DecodedPacket", "Decoder", "decode", "decode_packets"]


@dataclass(frozen=True, slots=True)
class DecodedPacket:
    """What one packet gave.

    frames     the coded frames it held, in decode order; none for a `show_existing_frame`
    displayed  index of the coded frame it displays, None if it displays nothing
    """

    packet: Packet
    frames: tuple[CodedFrame, ...]
    displayed: int | None


class Decoder:
    """A VP9 decoder that traces. One thread at a time may use it; the GIL is free meanwhile.

    name     of the stream, for error messages
    grid     of the frames' texture and weights; None takes the default for each frame's size
    threads  decoding threads, 1..64; the trace does not depend on them
    row_mt   libvpx's row-based multi-threading
    """

    def __init__(
        self,
        name: str = "stream",
        *,
        grid: PatchGrid | tuple[int, int] | str | None = None,
        threads: int = 1,
        row_mt: bool = False,
    ) -> None:
        self._name = name
        self._grid = None if grid is None else PatchGrid.parse(grid)
        self._native = _core.Decoder(threads=threads, row_mt=row_mt)
        self._decoded = 0

    def decode(self, packet: Packet) -> DecodedPacket:
        """Decode one packet; the decoder stays usable after an error (from the next key frame).

        Raises BitstreamError, with libvpx's own words.
        """
        try:
            native, displays, index = self._native.decode(packet.data)
        except _core.DecodeError as error:
            raise BitstreamError(
                f"{self._name}: packet {packet.index} after {self._decoded} coded frames: {error}"
            ) from None
        self._decoded += len(native)
        frames = tuple(CodedFrame(f, packet.index, packet.pts, self._grid) for f in native)
        # A picture that was decoded before an error, unobserved, has no index.
        return DecodedPacket(packet, frames, index if displays and index >= 0 else None)


def decode_packets(
    source: VideoSource | str | os.PathLike[str],
    *,
    grid: PatchGrid | tuple[int, int] | str | None = None,
    threads: int = 1,
    row_mt: bool = False,
) -> Generator[DecodedPacket, None, None]:
    """Decode a file packet by packet. Raises MediaError and BitstreamError; see `Decoder`."""
    if not isinstance(source, VideoSource):
        source = VideoSource(source)
    decoder = Decoder(str(source.path), grid=grid, threads=threads, row_mt=row_mt)
    for packet in source.packets():
        yield decoder.decode(packet)


def decode(
    source: VideoSource | str | os.PathLike[str],
    *,
    grid: PatchGrid | tuple[int, int] | str | None = None,
    threads: int = 1,
    row_mt: bool = False,
) -> Iterator[CodedFrame]:
    """The coded frames of a file, in decode order, invisible ones too.

    Raises MediaError and BitstreamError; see `Decoder`.
    """
    for decoded in decode_packets(source, grid=grid, threads=threads, row_mt=row_mt):
        yield from decoded.frames

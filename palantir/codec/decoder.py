"""The decoder's Python face."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from palantir import _core
from palantir.codec.coded_frame import CodedFrame
from palantir.errors import BitstreamError
from palantir.grid import PatchGrid
from palantir.media.source import Packet, VideoSource

__all__ = ["DecodedPacket", "Decoder", "OnDamage", "decode", "decode_or_skip", "decode_packets"]

OnDamage: TypeAlias = Callable[[BitstreamError], None]


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

    name      of the stream, for error messages
    grid      of the frames' texture and weights; None takes the default for each frame's size
    threads   decoding threads, 1..64; the trace does not depend on them
    row_mt    libvpx's row-based multi-threading
    full      False: less is traced, in less time, and of each coded frame only what detail reuse
              needs is there: no `prediction`, `reconstruction`, `texture`, all of which then raise
              ValueError
    max_size  (width, height) of the largest frame to take, each 1..65536; larger ones are refused
              before memory is taken for them. None: the build's limit, `palantir doctor` tells it

    docs/live-input.md says what becomes of streams with gaps.
    """

    def __init__(
        self,
        name: str = "stream",
        *,
        grid: PatchGrid | tuple[int, int] | str | None = None,
        threads: int = 1,
        row_mt: bool = False,
        full: bool = True,
        max_size: tuple[int, int] | None = None,
    ) -> None:
        self._name = name
        self._grid = None if grid is None else PatchGrid.parse(grid)
        width, height = (0, 0) if max_size is None else _checked_size(max_size)
        self._native = _core.Decoder(
            threads=threads, row_mt=row_mt, full=full, max_width=width, max_height=height
        )
        self._decoded = 0
        self._waiting = False
        self._tags: tuple[int, bool] | None = None

    def wait_for_key_frame(self) -> None:
        """Refuse all packets before the next key frame: for callers who know that some were lost.

        VP9 does not number its frames. Without this, frames that refer to lost ones are decoded
        from what the reference slots still hold.
        """
        self._waiting = True

    def decode(self, packet: Packet) -> DecodedPacket:
        """Decode one packet; the decoder stays usable after an error (from the next key frame).

        Raises BitstreamError, with libvpx's own words.
        """
        key = _begins_with_key_frame(packet.data)
        if self._waiting and not key:
            raise self._refused(packet, "packets were lost before it, and it holds no key frame")
        try:
            native, displays, index = self._native.decode(packet.data)
        except _core.DecodeError as error:
            begun = self._decoded > 0 or key
            early = "" if begun else "the stream does not begin with a key frame: "
            raise self._refused(packet, f"{early}{error}") from None
        self._waiting = False
        self._decoded += len(native)
        frames = tuple(self._coded_frame(f, packet, displays) for f in native)
        # A picture that was decoded before an error, unobserved, has no index.
        return DecodedPacket(packet, frames, index if displays and index >= 0 else None)

    def _coded_frame(self, native: _core.CodedFrame, packet: Packet, displays: bool) -> CodedFrame:
        if native.key or self._tags is None:
            self._tags = (native.color_space, native.full_range)
        return CodedFrame(native, packet.index, packet.pts, self._grid, self._tags, displays)

    def _refused(self, packet: Packet, why: str) -> BitstreamError:
        return BitstreamError(
            f"{self._name}: packet {packet.index} after {self._decoded} coded frames: {why}"
        )


def _checked_size(size: tuple[int, int]) -> tuple[int, int]:
    pair = isinstance(size, (tuple, list)) and len(size) == 2
    if not (pair and all(type(side) is int and 1 <= side <= 65536 for side in size)):
        raise ValueError(f"max_size is {size!r}, not a width and a height of 1..65536 pixels")
    return size


def _begins_with_key_frame(data: bytes) -> bool:
    """Whether a packet's first frame is a key frame (VP9 specification 6.2)."""
    if not data or data[0] >> 6 != 0b10:  # the frame marker
        return False
    profile_3 = data[0] & 0b110000 == 0b110000  # has one bit more
    shown_again_and_inter = 0b110 if profile_3 else 0b1100
    return not data[0] & shown_again_and_inter


def decode_packets(
    source: VideoSource | str | os.PathLike[str],
    *,
    grid: PatchGrid | tuple[int, int] | str | None = None,
    threads: int = 1,
    row_mt: bool = False,
    full: bool = True,
    max_size: tuple[int, int] | None = None,
    on_damage: OnDamage | None = None,
) -> Generator[DecodedPacket, None, None]:
    """Decode a file packet by packet; see `Decoder`.

    on_damage  called with the error of each packet that cannot be decoded, which is then yielded
               without frames; None raises the first such error

    Raises MediaError and BitstreamError.
    """
    if not isinstance(source, VideoSource):
        source = VideoSource(source)
    decoder = Decoder(
        str(source.path), grid=grid, threads=threads, row_mt=row_mt, full=full, max_size=max_size
    )
    for packet in source.packets():
        yield decode_or_skip(decoder, packet, on_damage)


def decode_or_skip(decoder: Decoder, packet: Packet, on_damage: OnDamage | None) -> DecodedPacket:
    """What `decode_packets` does with one packet."""
    try:
        return decoder.decode(packet)
    except BitstreamError as error:
        if on_damage is None:
            raise
        on_damage(error)
        return DecodedPacket(packet, (), None)


def decode(
    source: VideoSource | str | os.PathLike[str],
    *,
    grid: PatchGrid | tuple[int, int] | str | None = None,
    threads: int = 1,
    row_mt: bool = False,
    max_size: tuple[int, int] | None = None,
    on_damage: OnDamage | None = None,
) -> Iterator[CodedFrame]:
    """The coded frames of a file, in decode order, invisible ones too.

    Arguments and errors are those of `decode_packets`.
    """
    for decoded in decode_packets(
        source, grid=grid, threads=threads, row_mt=row_mt, max_size=max_size, on_damage=on_damage
    ):
        yield from decoded.frames

"""VP9's uncompressed frame header (VP9 specification 6.2), read and rewritten bit by bit.

Independent of libvpx: tests compare the decoder's facts with it, and make with it streams that
no encoder at hand makes (intra-only frames, 10-bit frames, frames that change their size).
Only what those streams hold is read: profile 0, one row of tiles, no segmentation; in inter frames
one tile.
"""

from __future__ import annotations

from dataclasses import dataclass

SYNC = f"{0x498342:024b}"
_LONGEST = 256  # bytes; no header is longer


class _Bits:
    def __init__(self, data: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in data[:_LONGEST])
        self.position = 0

    def read(self, count: int = 1) -> int:
        self.position += count
        return int(self.text[self.position - count : self.position], 2)

    def skip_if_set(self, count: int) -> None:
        if self.read():
            self.read(count)


@dataclass(frozen=True)
class FrameHeader:
    """What a key frame or an inter frame says of itself. The last two are positions in bits."""

    key: bool
    shown: bool
    resilient: bool
    refresh: int  # mask of the slots that take the frame
    reference_slots: tuple[int, ...]  # of LAST, GOLDEN, ALTREF; none in a key frame
    size: tuple[int, int] | None  # None: that of LAST
    filter_level: int
    quantizer: int
    size_at: int  # the size, or the flag that it is that of LAST
    end: int  # first bit after the header; the rest of the packet starts at the next whole byte

    @classmethod
    def parse(cls, data: bytes) -> FrameHeader:
        bits = _Bits(data)
        assert (bits.read(2), bits.read(2), bits.read()) == (2, 0, 0)  # marker, profile, no repeat
        key, shown, resilient = not bits.read(), bool(bits.read()), bool(bits.read())
        refresh, slots = (0xFF, ()) if key else _references(bits, shown, resilient)
        if key:
            bits.read(24 + 4)  # sync code, colour space and range
        size_at = bits.position
        size = _size(bits) if key else None
        assert key or bits.read(), "only frames of LAST's size are read here"
        bits.skip_if_set(32)  # size to render at
        if not key:
            bits.read()  # allow_high_precision_mv
            if not bits.read():  # the interpolation filter is the same everywhere
                bits.read(2)
        filter_level, quantizer = _quality(bits, resilient)
        if size:  # inter frames are below 512 pixels here
            _skip_tile_columns(bits, size[0])
        bits.read(1 + 16)  # one row of tiles, size of the compressed header
        end = bits.position
        return cls(
            key, shown, resilient, refresh, slots, size, filter_level, quantizer, size_at, end
        )


def claimed_size(data: bytes) -> tuple[int, int]:
    """Width and height that a key frame of any profile claims; zeros where there is none."""
    bits = _Bits(data.ljust(20, b"\0"))
    marker, profile = bits.read(2), bits.read() + 2 * bits.read()
    if profile == 3:
        bits.read()
    repeated, inter = bits.read(), bits.read()
    bits.read(2)  # shown, resilient
    if marker != 2 or repeated or inter or bits.read(24) != int(SYNC, 2):
        return 0, 0
    if profile >= 2:
        bits.read()  # 10 or 12 bits
    rgb, odd = bits.read(3) == 7, profile % 2
    bits.position += odd if rgb else 1 + 3 * odd  # range, subsampling, a reserved bit
    return _size(bits)


def as_intra_only(data: bytes, refresh: int) -> bytes:
    """The hidden intra-only frame of the same picture as the key frame `data`.

    Both kinds start from default probabilities and share the rest of the syntax, so only the
    header changes. The slots in the mask `refresh` take the frame.
    """
    header = FrameHeader.parse(data)
    reset = "" if header.resilient else "11"
    start = f"1000010{header.resilient:b}1{reset}{SYNC}{refresh:08b}"
    return _rebuild(start, data, header.size_at, header.end)


def as_10_bit(data: bytes) -> bytes:
    """`data`, one frame of profile 0, as a frame of profile 2 at 10 bits (another picture)."""
    header = FrameHeader.parse(data)
    if not header.key:
        return bytes([data[0] | 0b00010000]) + data[1:]
    depth_and_colour = "00000"
    start = f"100100{header.shown:b}{header.resilient:b}{SYNC}{depth_and_colour}"
    return _rebuild(start, data, header.size_at, header.end)


def resized(data: bytes, width: int, height: int) -> bytes:
    """The inter frame `data` with a size of its own, which must have as many 8x8 blocks."""
    header = FrameHeader.parse(data)
    start = _Bits(data).text[: header.size_at] + f"000{width - 1:016b}{height - 1:016b}"
    return _rebuild(start, data, header.size_at + 1, header.end)


def claiming(data: bytes, width: int, height: int) -> bytes:
    """The key frame `data` with another size in its header; the rest does not fit it."""
    header = FrameHeader.parse(data)
    start = _Bits(data).text[: header.size_at] + f"{width - 1:016b}{height - 1:016b}"
    return _rebuild(start, data, header.size_at + 32, header.end)


def show_existing(slot: int) -> bytes:
    """A packet that displays again what reference slot 0..7 holds."""
    return bytes([0b10001000 | slot])


def _references(bits: _Bits, shown: bool, resilient: bool) -> tuple[int, tuple[int, ...]]:
    assert shown or not bits.read(), "intra-only frames are not read here"
    if not resilient:
        bits.read(2)  # reset_frame_context
    return bits.read(8), tuple(bits.read(4) >> 1 for _ in range(3))  # each with its sign bias


def _size(bits: _Bits) -> tuple[int, int]:
    return bits.read(16) + 1, bits.read(16) + 1


def _skip_tile_columns(bits: _Bits, width: int) -> None:
    """VP9 specification 7.2.14: tiles are at least 256 and at most 4096 pixels wide."""
    blocks = (width + 63) // 64
    least = max(0, (blocks - 1) // 64).bit_length()
    most = max(0, (blocks // 4).bit_length() - 1)
    while least < most and bits.read():
        least += 1


def _quality(bits: _Bits, resilient: bool) -> tuple[int, int]:
    """Level of the loop filter and base quantiser index."""
    bits.read(2 if resilient else 4)  # probability contexts
    filter_level = bits.read(6)
    bits.read(3)  # sharpness
    if bits.read() and bits.read():  # deltas, updated
        for _ in range(6):
            bits.skip_if_set(7)
    quantizer = bits.read(8)
    for _ in range(3):
        bits.skip_if_set(5)
    assert not bits.read(), "segmentation is not read here"
    return filter_level, quantizer


def _rebuild(start: str, data: bytes, keep_from: int, end: int) -> bytes:
    """`start`, the old header from `keep_from` on, and the rest from a whole byte on."""
    header = start + _Bits(data).text[keep_from:end]
    header += "0" * (-len(header) % 8)
    return int(header, 2).to_bytes(len(header) // 8, "big") + data[(end + 7) // 8 :]

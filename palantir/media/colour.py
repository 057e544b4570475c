"""Which matrix and range turn a stream's YUV samples into RGB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Colour"]

# Code points of ITU-T H.273, which FFmpeg uses for its tags.
_BT709, _UNSPECIFIED = 1, 2
_MATRIX_OF: dict[int, Literal["bt601", "bt709"]] = {
    1: "bt709",
    4: "bt601",  # FCC: BT.601 to within a third of a per cent
    5: "bt601",
    6: "bt601",
    7: "bt709",  # SMPTE 240M: BT.709 to within 0.7 per cent
    9: "bt709",  # BT.2020 in 8 bits: BT.709 is the nearer of the two
    10: "bt709",
}
_SMPTE170M = 6
_FULL_RANGE = 2  # FFmpeg's AVCOL_RANGE_JPEG; 1 is limited, 0 untagged
_LAST_STANDARD_DEFINITION_HEIGHT = 576


@dataclass(frozen=True)
class Colour:
    """The YUV matrix of a stream and whether its samples use all 256 levels."""

    matrix: Literal["bt601", "bt709"]
    full_range: bool

    @classmethod
    def from_tags(cls, colorspace: int, color_range: int, height: int) -> Colour:
        """Read FFmpeg's tags (`AVColorSpace`, `AVColorRange`).

        Untagged streams are limited range, and BT.709 when `height` is above 576 lines, else
        BT.601, as players assume.
        """
        guess: Literal["bt601", "bt709"] = (
            "bt709" if height > _LAST_STANDARD_DEFINITION_HEIGHT else "bt601"
        )
        return cls(_MATRIX_OF.get(colorspace, guess), color_range == _FULL_RANGE)

    @property
    def tags(self) -> dict[str, int]:
        """The attributes to set on an FFmpeg encoder's context.

        Primaries and transfer follow the matrix for BT.709; for BT.601 they stay unspecified,
        since 525-line and 625-line pictures share the matrix and not the primaries.
        """
        bt709 = self.matrix == "bt709"
        rest = _BT709 if bt709 else _UNSPECIFIED
        return {
            "colorspace": _BT709 if bt709 else _SMPTE170M,
            "color_range": _FULL_RANGE if self.full_range else 1,
            "color_primaries": rest,
            "color_trc": rest,
        }

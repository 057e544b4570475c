"""Measures of quality that tables and plots show."""

from __future__ import annotations

from dataclasses import dataclass

from palantir.evaluate.results import Result

__all__ = ["PSNR", "SSIM", "Measure"]


@dataclass(frozen=True)
class Measure:
    """A field of `Result`, under its title, with so many digits."""

    field: str
    title: str
    digits: int

    def of(self, one: Result) -> float:
        """The figure of a result that has it."""
        value: float = getattr(one, self.field)
        return value

    def cell(self, value: float, base: float | None = None) -> str:
        """A figure; in brackets, over another."""
        over = "" if base is None else f" ({value - base:+.{self.digits}f})"
        return f"{value:.{self.digits}f}{over}"


PSNR = Measure("psnr_y", "PSNR-Y in dB", 2)
SSIM = Measure("ssim", "SSIM of luma", 4)

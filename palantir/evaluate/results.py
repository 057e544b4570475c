"""What each set of anchors reached, one row of figures each, and as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from palantir.evaluate.comparison import Row
from palantir.evaluate.jobs import Job
from palantir.evaluate.question import Method
from palantir.files import atomic_write
from palantir.quality import psnr

__all__ = ["Result", "Results", "write_csv"]


@dataclass(frozen=True)
class Result:
    """One way to upscale one clip, and what it reached.

    clip, first, frames   of the HR clip, the first frame taken, how many are displayed
    rate, kilobits        bit rate of the LR stream: in multiples of the recipe's, and in kbit/s
    network, reuse, grid  "" and the kernel's name where there is no network
    method, budget        None where there is no choice: plain upscaling, and per-frame SR's budget
    anchors, patches      how many, and of how many
    cost                  share of per-frame SR's network cost, halo and merged tiles included
    macs                  the same in 10^9 multiply-accumulates a displayed frame; None where the
                          network's are not known
    estimate              J of the method's error model, as a share of J without anchors
    profile_kilobits      a second, of the cache profile
    psnr_y, psnr_yuv      dB, means over displayed frames
    ssim                  of luma, likewise; None where it was not asked for
    errors                mean squared errors of Y of each displayed frame
    """

    clip: str
    first: int
    frames: int
    rate: Fraction
    kilobits: float
    network: str
    reuse: str
    grid: str
    method: Method | None
    budget: Fraction | None
    anchors: int
    patches: int
    cost: float
    macs: float | None
    estimate: float
    profile_kilobits: float
    psnr_y: float
    psnr_yuv: float
    ssim: float | None
    errors: tuple[float, ...]
    key: tuple[bool, ...]

    @property
    def mse(self) -> float:
        """Mean squared error of Y, the mean over displayed frames."""
        return fmean(self.errors)

    @classmethod
    def of(cls, job: Job, found: Mapping[str, Any]) -> Result:
        """Of a job that has been run (`Runs.result`)."""
        material, network = job.material, job.network
        row = Row("", errors=[(y, u, v) for y, u, v in found["errors"]])
        row.psnr = [psnr(y) for y, _, _ in row.errors]
        per_pixel = network.network.macs_per_pixel if network else 0
        pixels = found["cost"] * material.per_frame_pixels
        return cls(
            clip=material.name,
            first=material.first,
            frames=len(row.psnr),
            rate=material.rate,
            kilobits=material.kilobits,
            network=network.name if network else "",
            reuse=job.reuse,
            grid=str(job.wish),
            method=job.method,
            budget=job.budget,
            anchors=int(np.count_nonzero(job.anchors)),
            patches=job.anchors.size,
            cost=found["cost"],
            macs=None if per_pixel is None else 1e-9 * pixels * per_pixel,
            estimate=job.estimate,
            profile_kilobits=8e-3 * job.profile_bytes / material.seconds,
            psnr_y=fmean(row.psnr),
            psnr_yuv=row.psnr_yuv,
            ssim=fmean(found["ssim"]) if "ssim" in found else None,
            errors=tuple(y for y, _, _ in row.errors),
            key=tuple(map(bool, found["key"])),
        )

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, without the errors of single frames."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        del values["errors"], values["key"]
        for name in ("rate", "method", "budget"):
            values[name] = None if values[name] is None else str(values[name])
        return values

    def row(self) -> Row:
        """As `compare_variants` gives it, for `Row.drift`."""
        return Row("", psnr=[psnr(error) for error in self.errors], key=list(self.key))


class Results(Sequence[Result]):
    """Results of one question, and ways to find some of them."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._results = list(results)

    def __len__(self) -> int:
        return len(self._results)

    def __getitem__(self, index: Any) -> Any:
        return self._results[index]

    def where(self, **values: Any) -> Results:
        """Those whose fields have these values."""
        return Results(
            one
            for one in self._results
            if all(getattr(one, name) == value for name, value in values.items())
        )

    def different(self, name: str) -> list[Any]:
        """The values of a field, each once, in order of appearance; None left out."""
        values = dict.fromkeys(getattr(one, name) for one in self._results)
        return [value for value in values if value is not None]

    def one(self, **values: Any) -> Result | None:
        """The first with these values, None if there is none."""
        return next(iter(self.where(**values)), None)

    def plain(self, clip: str, kernel: str) -> Result:
        """Plain upscaling of the clip at the recipe's bit rate."""
        found = self.one(clip=clip, network="", reuse=kernel, rate=1)
        assert found is not None
        return found

    def upscaled(self, clip: str, network: str) -> Result | None:
        """U alone, which the network's file may have filters for, at the recipe's bit rate.

        None for a network that only ran on every frame.
        """
        return self.one(clip=clip, network=network, method=Method("none"), reuse="detail", rate=1)

    def per_frame(self, clip: str, network: str) -> Result:
        """Per-frame SR of the clip at the recipe's bit rate."""
        found = self.one(clip=clip, network=network, method=Method("all"), rate=1)
        assert found is not None
        return found


def write_csv(results: Sequence[Result], path: Path) -> None:
    """One line a result under a line of names. Raises OSError."""
    text = io.StringIO()
    rows = [result.to_dict() for result in results]
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    atomic_write(path, text.getvalue().encode())

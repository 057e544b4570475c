"""The taps of the plain upscaler U, fitted to coded video.

`python -m palantir.train.upscaler VIDEOS` prints the table that csrc/resample.cpp has.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from palantir.errors import PalantirError
from palantir.train.bicubic import upscale_matrix
from palantir.train.dataset import ClipPair, make_pair
from palantir.train.shipped import shipped_sources

__all__ = ["UNIT", "bicubic_taps", "fit_taps", "tap_matrix"]

TAPS = 6
UNIT = 2048  # what the taps of a phase add up to, as the table has them
RATES = (0.6, 1.0, 2.0)  # multiples of the LR recipe's bit rate
EVERY = 8  # frames of the clips
PASSES = 6  # of fitting; one more changes no tap by 1/UNIT
STRENGTH = 0.8  # how far the table goes from bicubic to the fit: less noise of coarse coding

Taps = NDArray[np.float64]  # [phase, TAPS]; the first is at floor(centre) - TAPS / 2 + 1
Pictures = tuple[NDArray[np.float64], NDArray[np.float64], float]  # LR, HR, weight of its error


def tap_matrix(size: int, taps: Taps) -> NDArray[np.float64]:
    """Weights [size*scale, size] that upscale one axis: centred phases, edge samples repeated."""
    scale = len(taps)
    matrix = np.zeros((size * scale, size))
    rows = np.arange(size * scale)
    first = _first_tap(rows % scale, scale) + rows // scale
    for tap in range(taps.shape[1]):
        columns = (first + tap).clip(0, size - 1)
        np.add.at(matrix, (rows, columns), taps[rows % scale, tap])
    return matrix


def bicubic_taps(scale: int) -> Taps:
    """Those of bicubic upscaling."""
    rows = upscale_matrix(2 * TAPS, scale)[TAPS * scale : (TAPS + 1) * scale]
    first = TAPS + _first_tap(np.arange(scale), scale)
    return np.stack([row[at : at + TAPS] for row, at in zip(rows, first, strict=True)])


def fit_taps(pairs: Sequence[ClipPair]) -> Taps:
    """Taps [scale, TAPS] of the separable upscaler with the least squared error, all of one scale.

    Each picture's error counts by how many times that of bicubic upscaling it is, so that PSNR is
    what is raised and no clip with large errors decides alone. Rows are fitted to columns as they
    are upscaled, then the other way round: both with the same taps, which are mirrored in the
    middle of an LR sample. As one axis makes up for what the other lacks, each pass makes only
    half of the change.
    """
    scale = pairs[0].scale
    pictures = list(_pictures(pairs))
    taps = bicubic_taps(scale)
    for _ in range(PASSES):
        taps = (taps + _fitted(pictures, taps)) / 2
    return taps


def _pictures(pairs: Sequence[ClipPair]) -> Iterator[Pictures]:
    for pair in pairs:
        height, width = pair.lr.shape[3:]
        rows, columns = (upscale_matrix(size, pair.scale) for size in (height, width))
        for coded in pair.lr:
            for lr, hr in zip(coded[::EVERY, 0], pair.hr[::EVERY, 0], strict=True):
                low, high = lr.astype(np.float64), hr.astype(np.float64)
                error = np.mean((rows @ low @ columns.T - high) ** 2)
                yield low, high, 1 / max(float(error), 0.1)


def _fitted(pictures: Sequence[Pictures], taps: Taps) -> Taps:
    """Taps for one axis, the other upscaled with `taps`."""
    scale = len(taps)
    products = np.zeros((scale, TAPS, TAPS))
    wanted = np.zeros((scale, TAPS))
    for picture in pictures:
        for lr, hr in (picture[:2], (picture[0].T, picture[1].T)):
            across = lr @ tap_matrix(lr.shape[1], taps).T
            for phase in range(scale):
                mirrored = 2 * phase >= scale
                seen = _neighbours(across, int(_first_tap(phase, scale)))
                target = hr[phase::scale].reshape(-1)
                own = scale - 1 - phase if mirrored else phase
                seen = seen[::-1] if mirrored else seen
                products[own] += picture[2] * seen @ seen.T
                wanted[own] += picture[2] * seen @ target
    made = np.zeros_like(taps)
    for phase in range(scale // 2):
        made[phase] = _solved(products[phase], wanted[phase])
        made[scale - 1 - phase] = made[phase][::-1]
    if scale % 2:  # the middle of an LR sample: its last tap has no partner
        middle = _solved(products[scale // 2][:-1, :-1], wanted[scale // 2][:-1])
        made[scale // 2, :-1] = (middle + middle[::-1]) / 2
    return made


def _first_tap(phase: int | NDArray[np.int64], scale: int) -> NDArray[np.int64]:
    """Where a phase's first tap is, relative to its LR sample."""
    centre = (np.asarray(phase) + 0.5) / scale - 0.5
    return np.floor(centre).astype(np.int64) - TAPS // 2 + 1


def _neighbours(picture: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """[TAPS, pixels]: what each tap sees of the rows, edge rows repeated."""
    rows = np.arange(len(picture))
    last = len(picture) - 1
    seen = [picture[(rows + first + tap).clip(0, last)].reshape(-1) for tap in range(TAPS)]
    return np.stack(seen)


def _solved(products: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least squares solution whose taps add up to 1."""
    count, large = len(wanted), products.max()
    system = np.full((count + 1, count + 1), large)
    system[:count, :count], system[count, count] = products, 0
    return np.asarray(np.linalg.solve(system, np.append(wanted, large))[:count])


@click.command()
@click.argument("videos", type=click.Path(path_type=Path))
def _main(videos: Path) -> None:
    """Fetch the shipped networks' clips into VIDEOS as far as needed, and fit taps to them."""
    for scale in (2, 3, 4):
        try:
            with tempfile.TemporaryDirectory() as cache:
                sources = shipped_sources(videos)
                pairs = [make_pair(source, scale, RATES, Path(cache)) for source in sources]
        except (PalantirError, OSError) as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"x{scale}: {_table(fit_taps(pairs)).tolist()}")


def _table(fitted: Taps) -> NDArray[np.int64]:
    """Taps in 1/UNIT of the phases up to the middle of an LR sample, with a sum of UNIT each."""
    taps = STRENGTH * fitted + (1 - STRENGTH) * bicubic_taps(len(fitted))
    table = np.rint(taps[: (len(taps) + 1) // 2] * UNIT).astype(np.int64)
    table[np.arange(len(table)), table.argmax(axis=1)] += UNIT - table.sum(axis=1)
    return table


if __name__ == "__main__":
    _main()

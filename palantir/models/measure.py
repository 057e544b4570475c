"""Scale and receptive field found by running a network, for what its operators do not tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["measure_radius", "measure_scale"]

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
PROBE = 97  # LR pixels, odd: the middle pixel is perturbed
STRENGTHS = (1.0, -8.0, 64.0)  # strong ones carry over where rounding would swallow the change


def measure_scale(run: Run, channels: int) -> tuple[tuple[float, float], int]:
    """(output height / input height, the same of widths), and the output's channels."""
    height, width = 24, 32
    output = run(np.full((1, channels, height, width), 0.5, dtype=np.float32))
    if output.ndim != 4:
        return (0.0, 0.0), output.shape[1] if output.ndim > 1 else 0
    return (output.shape[2] / height, output.shape[3] / width), output.shape[1]


def measure_radius(run: Run, channels: int, scale: int) -> int | None:
    """How far, in LR pixels, one input pixel is felt in the output.

    None if it is felt at the probe's border: such a network needs whole frames. A sensible
    estimate, not a proof: effects below float32 rounding remain unseen.
    """
    random = np.random.default_rng(7)
    picture = random.random((1, channels, PROBE, PROBE), dtype=np.float32)
    before, middle, radius = run(picture), PROBE // 2, 0
    for strength in STRENGTHS:
        touched = picture.copy()
        touched[:, :, middle, middle] += strength
        changed = (run(touched) != before).any(axis=(0, 1))
        felt = np.argwhere(changed) // scale - middle
        radius = max(radius, int(np.abs(felt).max(initial=0)))
    return None if radius >= middle else radius

"""LR output is libvpx's own, observed or not, whatever the threads: the vectors' MD5 lists.

The plan. A setting is (observed, threads, row-MT); there are 2 x 4 x 2 = 16. Every vector but the
large ones (`ROTATED`) sees all 16. Each of those sees stock and observed decoding on one thread,
and three of the other 14, which rotate, so that every setting meets several vectors of that kind.
PALANTIR_EXHAUSTIVE=1 runs all 16 on these too (some three times as long).
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest

from palantir import _core
from palantir.media import VideoSource
from tests.data_folder import VECTORS, needs_data, vector

LARGE = ("14-resize-", "tile_1x8", "1920x1080", "segkey_adpq")  # three quarters of the pixels
ROTATED = [name for name in VECTORS if any(part in name for part in LARGE)]


class Setting(NamedTuple):
    observe: bool
    threads: int
    row_mt: bool


SETTINGS = [Setting(*each) for each in product((False, True), (1, 2, 4, 8), (False, True))]
ALWAYS = [Setting(False, 1, False), Setting(True, 1, False)]
ROTATING = [setting for setting in SETTINGS if setting not in ALWAYS]


def plan(name: str) -> list[Setting]:
    if name not in ROTATED or os.environ.get("PALANTIR_EXHAUSTIVE") == "1":
        return SETTINGS
    start = 3 * ROTATED.index(name)
    return ALWAYS + [ROTATING[(start + i) % len(ROTATING)] for i in range(3)]


def displayed_md5(packets: list[bytes], setting: Setting) -> list[str]:
    """MD5 of the cropped planes of each displayed picture."""
    decoder = _core.Decoder(**setting._asdict())
    digests = []
    for data in packets:
        _, displays, _ = decoder.decode(data)
        planes = decoder.displayed_planes()
        assert displays == (planes is not None)
        if planes is not None:
            digest = hashlib.md5(usedforsecurity=False)
            for plane in planes:
                digest.update(plane.tobytes())
            digests.append(digest.hexdigest())
    return digests


@cache
def expected_md5(name: str) -> list[str]:
    lines = vector(f"{name}.md5").read_text().splitlines()
    return [line.split()[0] for line in lines]


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", VECTORS)
def test_output_is_that_of_the_md5_list(name: str) -> None:
    packets = [packet.data for packet in VideoSource(vector(name)).packets()]
    wrong = [s for s in plan(name) if displayed_md5(packets, s) != expected_md5(name)]
    assert expected_md5(name)
    assert not wrong


@needs_data
def test_the_plan_runs_every_setting_on_several_large_vectors() -> None:
    assert len(VECTORS) == 191
    for setting in SETTINGS:
        assert sum(setting in plan(name) for name in ROTATED) >= 4

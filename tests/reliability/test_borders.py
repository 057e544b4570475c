"""The fuzzed borders on sound and on damaged input; the long runs are in docs/reliability.md."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reliability.borders import BORDERS, seeds

ROUNDS = {"container": 60, "feed": 20}


@pytest.mark.parametrize("border", BORDERS)
def test_a_border_takes_sound_and_damaged_input(border: str) -> None:
    take, random = BORDERS[border], np.random.default_rng(5)
    for seed in (b"", *seeds(border)):
        take(seed)
    for _ in range(ROUNDS.get(border, 300)):
        known = seeds(border)
        data = bytearray(known[random.integers(len(known))])
        for _ in range(random.integers(1, 5)):
            at = random.integers(len(data))
            match random.integers(3):
                case 0:
                    data[at] = random.integers(256)
                case 1:
                    del data[at : at + random.integers(1, 9)]
                case _:
                    data[at:at] = random.bytes(int(random.integers(1, 9)))
            data = data or bytearray(b"\0")
        take(bytes(data))

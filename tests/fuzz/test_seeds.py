"""Seeds are streams that decode, so that fuzzing begins behind the first checks."""

from __future__ import annotations

from pathlib import Path

from palantir.codec import decode
from tests.codec.streams import KINDS, frames_of
from tests.fuzz.seeds import ivf


def test_a_seed_is_an_ivf_file_of_its_packets(tmp_path: Path) -> None:
    packets = KINDS["alt-ref"]()
    path = tmp_path / "seed.ivf"
    path.write_bytes(ivf(packets))
    assert len(list(decode(path))) == len(frames_of(packets))


def test_the_plan_of_a_seed_changes_nothing_but_the_unused_bytes() -> None:
    packets = KINDS["tiny"]()
    plain, planned = ivf(packets), ivf(packets, b"\x07\x01\x02\x00")
    assert planned[28:32] == b"\x07\x01\x02\x00"
    assert planned[:28] + bytes(4) + planned[32:] == plain

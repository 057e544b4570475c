"""Seeds are streams that decode, so that fuzzing begins behind the first checks."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from palantir import _core
from palantir.codec import decode
from tests.codec.packets import packets_of
from tests.codec.streams import KINDS, frames_of
from tests.data_folder import INVALID, invalid, needs_data
from tests.fuzz.seeds import ivf, write_seeds


def coded_frames(seed: Path) -> int:
    """How many there are within the limit of fuzz_decode.cpp."""
    decoder, count = _core.Decoder(max_width=512, max_height=512), 0
    for data in packets_of(seed):
        with suppress(_core.DecodeError):
            count += len(decoder.decode(data)[0])
    return count


def test_every_seed_but_those_of_invalid_files_holds_a_coded_frame(tmp_path: Path) -> None:
    write_seeds(tmp_path)
    seeds = sorted((tmp_path / "fuzz_decode").glob("seed-*"))
    assert len(seeds) >= 2 * len(KINDS)
    assert [seed.name for seed in seeds if coded_frames(seed) == 0] == []


@needs_data
def test_every_invalid_file_has_packets_to_replay() -> None:
    """Those too whose container FFmpeg refuses."""
    assert [name for name in INVALID if not packets_of(invalid(name))] == []


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

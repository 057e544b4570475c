"""PyAV brings a libvpx of its own into the process; ours is hidden from it, and the other way."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from palantir import _core
from palantir.codec import Decoder, decode
from palantir.media.pictures import to_planes
from tests.codec.streams import encode, packet, stream

MODULES = {"palantir._core": "PyInit__core", "palantir.schedule.sequential": "PyInit_sequential"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")
@pytest.mark.parametrize("name", MODULES)
def test_an_extension_shows_nothing_but_its_beginning(name: str) -> None:
    file = import_module(name).__file__
    assert file is not None
    with Path(file).open("rb") as binary:
        table = ELFFile(binary).get_section_by_name(".dynsym")
        assert isinstance(table, SymbolTableSection)
        shown = [
            symbol.name for symbol in table.iter_symbols() if symbol["st_shndx"] != "SHN_UNDEF"
        ]
    assert shown == [MODULES[name]]


def test_both_decode_side_by_side() -> None:
    """Packet by packet in turn, while PyAV's encoder has run before: the pictures are the same."""
    theirs = av.CodecContext.create("libvpx-vp9", "r")
    assert isinstance(theirs, VideoCodecContext)
    ours, shown = Decoder(threads=2), 0
    for index, data in enumerate(stream("alt-ref", frames=30)):
        decoded = ours.decode(packet(data, index))
        frames = theirs.decode(av.Packet(data))
        assert len(frames) == (decoded.displayed is not None)
        for frame in frames:
            (displayed,) = [each for each in decoded.frames if each.index == decoded.displayed]
            for a, b in zip(to_planes(frame), displayed.planes, strict=True):
                np.testing.assert_array_equal(a, b)
            shown += 1
    assert shown == 30


@pytest.mark.parametrize("order", ["av, palantir._core", "palantir._core, av"])
def test_the_order_of_loading_does_not_matter(order: str, tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.ivf", "resilient")
    program = (
        f"import {order}\n"
        "import av, hashlib\n"
        "from palantir.codec import decode\n"
        "with av.open(__import__('sys').argv[1]) as file: theirs = list(file.decode(video=0))\n"
        "ours = list(decode(__import__('sys').argv[1]))\n"
        "print(len(theirs), *(hashlib.md5(f.planes[0].tobytes()).hexdigest() for f in ours))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(clip)], capture_output=True, text=True, check=True
    )
    wanted = [hashlib.md5(frame.planes[0].tobytes()).hexdigest() for frame in decode(clip)]
    assert done.stdout.split() == ["6", *wanted]


def test_ours_is_the_pinned_one_whatever_pyav_brings() -> None:
    assert _core.libvpx_version().startswith("v1.12.0")

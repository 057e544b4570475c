"""One digest for the whole trace of a stream, and the record of those of all conformance vectors.

    python -m tests.codec.trace_digest          write trace_digests.json anew (needs PALANTIR_DATA)

The record holds our own output: it says whether a trace has changed since, and writing it anew
proves nothing. That a trace is right, independent tests say, which must pass first:

    facts             test_coded_frame.py: against the stream's own headers
    blocks            test_invariants.py: they tile the frame and refer to earlier ones
    pictures          test_conformance.py: what is displayed, against the vectors' MD5 lists
    the other two     test_pictures.py: against the pictures that whole motion vectors point at
    texture, weights  test_texture.py, test_weights.py: computed again, densely, from the rest
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from palantir import _core
from palantir.media import VideoSource
from tests.data_folder import VECTORS, vector

__all__ = ["RECORD", "packets_of", "recorded", "trace_digest"]

RECORD = Path(__file__).with_suffix("").with_name("trace_digests.json")
_FACTS = [
    "index",
    "shown",
    "key",
    "intra_only",
    "lossless",
    "width",
    "height",
    "bit_depth",
    "subsampling",
    "full_range",
    "color_space",
    "references",
    "slots",
    "refresh",
    "quantizer",
    "filter_level",
    "coded_bytes",
]


def trace_digest(packets: Iterable[bytes], *, threads: int = 1, row_mt: bool = False) -> str:
    """SHA-256 over facts, blocks, pictures, texture and weights of all coded frames."""
    decoder = _core.Decoder(threads=threads, row_mt=row_mt)
    digest = hashlib.sha256()
    for data in packets:
        for frame in decoder.decode(data)[0]:
            digest.update(repr([getattr(frame, name) for name in _FACTS]).encode())
            digest.update(frame.blocks.tobytes())
            for planes in (frame.planes, frame.prediction, frame.reconstruction):
                for plane in planes:
                    digest.update(plane.tobytes())
            rows, columns = min(2, frame.height), min(3, frame.width)
            digest.update(frame.texture(rows, columns).tobytes())
            for column in frame.weights(rows, columns):
                digest.update(column.tobytes())
    return digest.hexdigest()


def packets_of(name: str) -> list[bytes]:
    return [packet.data for packet in VideoSource(vector(name)).packets()]


def recorded() -> dict[str, str]:
    """Digest by name of the vector."""
    content: dict[str, str] = json.loads(RECORD.read_text())
    return content


def main() -> None:
    """Write the record."""
    if not VECTORS:
        sys.exit("PALANTIR_DATA names no data folder")
    digests = {name: trace_digest(packets_of(name)) for name in VECTORS}
    RECORD.write_text(json.dumps(digests, indent=0) + "\n")


if __name__ == "__main__":
    main()

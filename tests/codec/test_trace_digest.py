"""The trace of a conformance vector is the recorded one, whatever the threads.

PALANTIR_EXHAUSTIVE=1 asks it of every vector; else of a few.
"""

from __future__ import annotations

import os
from itertools import product

import pytest

from tests.codec.streams import KINDS
from tests.codec.trace_digest import packets_of, recorded, trace_digest
from tests.data_folder import VARIED, VECTORS, needs_data

SETTINGS = list(product((1, 2, 4, 8), (False, True)))  # threads, row-MT
CHOSEN = VECTORS if os.environ.get("PALANTIR_EXHAUSTIVE") == "1" else VARIED


@pytest.mark.parametrize("kind", KINDS)
def test_the_trace_does_not_depend_on_threads(kind: str) -> None:
    packets = KINDS[kind]()
    digests = {
        trace_digest(packets, threads=threads, row_mt=row_mt) for threads, row_mt in SETTINGS
    }
    assert len(digests) == 1


def test_another_trace_has_another_digest() -> None:
    packets = KINDS["sub-8x8"]()
    assert trace_digest(packets) != trace_digest(packets[:-1])


@needs_data
def test_every_vector_is_on_record() -> None:
    assert set(recorded()) == set(VECTORS)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", CHOSEN)
def test_the_trace_of_a_vector_is_the_recorded_one(name: str) -> None:
    packets = packets_of(name)
    digests = [
        trace_digest(packets, threads=threads, row_mt=row_mt) for threads, row_mt in SETTINGS
    ]
    assert set(digests) == {recorded()[name]}

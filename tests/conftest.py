"""For every test: nothing is read from or written to the user's cache folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """In the environment, so that it holds for processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "PALANTIR_GRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield

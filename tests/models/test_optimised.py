"""Optimised graphs are kept, change nothing, and cost nothing but time where they cannot be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from palantir.models import SRNetwork
from palantir.models.optimised import OptimisedGraph, cache_folder
from tests.models.test_network import noise


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALANTIR_GRAPH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def optimised(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each session that starts, whether its graph came optimised and no work was saved."""
    from palantir.models import session

    started: list[bool] = []
    start = session._start

    def noted(graph: bytes, providers: list[str], threads: int, **settings: Any) -> Any:
        result = start(graph, providers, threads, **settings)
        started.append(bool(settings.get("optimised")))
        return result

    monkeypatch.setattr(session, "_start", noted)
    return started


def test_the_second_load_takes_the_kept_graph_with_the_same_results(
    folder: Path, optimised: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = SRNetwork.load(threads=1)
    assert optimised == [False, True]
    two = SRNetwork.load(threads=1)
    assert optimised == [False, True, True]
    monkeypatch.setenv("PALANTIR_GRAPH_CACHE", "off")
    plain = SRNetwork.load(threads=1)
    assert optimised == [False, True, True, False]
    picture = noise(plain, 1, 33, 47)
    np.testing.assert_array_equal(one.run(picture), plain.run(picture))
    np.testing.assert_array_equal(two.run(picture), plain.run(picture))
    assert one.describe() == plain.describe()
    (kept,) = folder.iterdir()
    assert kept.suffix == ".graph"


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_graph_is_made_anew(folder: Path, optimised: list[bool], damage: str) -> None:
    SRNetwork.load(threads=1)
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    kept.write_bytes({"flipped": flipped, "cut": whole[:-9], "empty": b""}[damage])
    SRNetwork.load(threads=1)
    assert optimised == [False, True, False, True]
    assert kept.read_bytes() == whole


@pytest.mark.parametrize("place", ["a file", "below a file", "no right"])
def test_a_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimised: list[bool], place: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "shut").mkdir(mode=0o500)
    if place == "no right" and os.access(tmp_path / "shut", os.W_OK):
        pytest.skip("the superuser may write anywhere")
    name = {"a file": "file", "below a file": "file/cache", "no right": "shut/cache"}[place]
    monkeypatch.setenv("PALANTIR_GRAPH_CACHE", str(tmp_path / name))
    network = SRNetwork.load(threads=1)
    assert optimised == [False]
    assert network.run(noise(network, 1, 8, 8)).shape == (1, 1, 32, 32)


def test_a_graph_is_found_by_all_that_it_depends_on(folder: Path) -> None:
    def keep(path: Path) -> None:
        path.write_bytes(b"graph")

    OptimisedGraph(b"model", ["A", "B"], "1.0").make(keep)
    assert OptimisedGraph(b"model", ["A", "B"], "1.0").read() == b"graph"
    for other in ((b"other", ["A", "B"], "1.0"), (b"model", ["B", "A"], "1.0"),
                  (b"model", ["A"], "1.0"), (b"model", ["A", "B"], "1.1")):  # fmt: skip
        assert OptimisedGraph(*other).read() is None
    assert len(list(folder.iterdir())) == 1


def test_the_oldest_graphs_go(folder: Path) -> None:
    for number in range(40):
        name = str(number)
        OptimisedGraph(name.encode(), ["A"], "1").make(lambda path: path.touch())
        for kept in folder.iterdir():
            os.utime(kept, ns=(kept.stat().st_atime_ns, kept.stat().st_mtime_ns - 10**9))
    assert len(list(folder.iterdir())) == 32
    assert OptimisedGraph(b"39", ["A"], "1").read() == b""
    assert OptimisedGraph(b"7", ["A"], "1").read() is None


def test_the_folder_is_the_users_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PALANTIR_GRAPH_CACHE")
    monkeypatch.delenv("PALANTIR_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/palantir-sr/graphs")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/one")
    assert cache_folder() == Path("/home/one/.cache/palantir-sr/graphs")
    monkeypatch.setenv("PALANTIR_CACHE", "/other")
    assert cache_folder() == Path("/other/graphs")
    monkeypatch.setenv("PALANTIR_GRAPH_CACHE", "off")
    assert cache_folder() is None

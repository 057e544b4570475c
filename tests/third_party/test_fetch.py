from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from third_party.libvpx import apt
from third_party.libvpx.fetch import Archives, PatchedTree, fetch, ship_tree
from third_party.libvpx.upstream import SOURCE_VARIABLE, LibvpxError, Pin, Upstream, sha256_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    """A small source package that stands for the pinned one, with an empty cache."""
    package = tmp_path / "package"
    package.mkdir()
    pins = []
    for name in ("one.tar.gz", "two.tar.xz"):
        (package / name).write_text(f"content of {name}")
        pins.append(Pin(name, sha256_of(package / name)))
    small = Upstream("small", "1", "small-1", ("bookworm",), *pins)
    monkeypatch.setattr(Upstream, "read", lambda: small)
    monkeypatch.setenv("PALANTIR_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)
    return small


@pytest.fixture
def package(upstream: Upstream, tmp_path: Path) -> Path:
    """The folder with the files of ``upstream``."""
    return tmp_path / "package"


def _serve(package: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the package client copy from ``package``; return the list it notes its calls in."""
    calls: list[str] = []

    def download(upstream: Upstream, folder: Path) -> None:
        calls.append(str(upstream))
        for pin in upstream.pins:
            (folder / pin.name).write_bytes((package / pin.name).read_bytes())

    monkeypatch.setattr(apt, "download", download)
    return calls


def test_takes_the_tarball_or_the_folder_that_is_named(package: Path) -> None:
    expected = Archives(package / "one.tar.gz", package / "two.tar.xz")
    assert fetch(package / "one.tar.gz") == expected
    assert fetch(package) == expected


def test_the_environment_names_a_source(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SOURCE_VARIABLE, str(package))
    assert fetch() == Archives(package / "one.tar.gz", package / "two.tar.xz")


def test_a_wrong_file_is_refused_with_both_sums(package: Path) -> None:
    good = sha256_of(package / "two.tar.xz")
    (package / "two.tar.xz").write_text("other content")
    with pytest.raises(LibvpxError) as raised:
        fetch(package)
    message = str(raised.value)
    assert "two.tar.xz" in message
    assert f"expected SHA-256 {good}" in message
    assert f"found {sha256_of(package / 'two.tar.xz')}" in message


def test_a_missing_file_is_named(package: Path) -> None:
    (package / "two.tar.xz").unlink()
    with pytest.raises(LibvpxError, match=r"two\.tar\.xz is missing in"):
        fetch(package / "one.tar.gz")
    with pytest.raises(LibvpxError, match="does not exist"):
        fetch(package / "nowhere")


def test_fetches_once_and_then_takes_the_cache(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = _serve(package, monkeypatch)
    assert fetch() == fetch()
    assert calls == ["small 1"]


def test_a_damaged_cache_is_fetched_again(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _serve(package, monkeypatch)
    first = fetch()
    assert isinstance(first, Archives)
    first.upstream.write_text("damaged")
    fetch()
    assert len(calls) == 2
    assert first.upstream.read_text() == "content of one.tar.gz"


def test_what_the_archive_sends_is_checked_too(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _serve(package, monkeypatch)
    (package / "one.tar.gz").write_text("tampered")
    with pytest.raises(LibvpxError, match=f"expected SHA-256 .*; set {SOURCE_VARIABLE}"):
        fetch()


@pytest.mark.usefixtures("upstream")
def test_a_shipped_tree_is_taken_only_unchanged(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "vpx").mkdir(parents=True)
    (tree / "configure").write_text("#!/bin/sh\n")
    (tree / "vpx" / "a.c").write_text("int a;\n")
    with pytest.raises(LibvpxError, match=r"no tree\.sha256 beside it"):
        fetch(tree)
    shipped = tmp_path / "sdist" / "source"
    ship_tree(tree, shipped)
    found = fetch(shipped)
    assert isinstance(found, PatchedTree)
    assert found.root == shipped
    (shipped / "vpx" / "b.c").write_text("int b;\n")
    with pytest.raises(LibvpxError, match=r"vpx/b\.c differs"):
        fetch(shipped)


def test_a_wrong_tarball_fails_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tar.gz"
    wrong.write_bytes(b"not libvpx")
    command = [sys.executable, "-m", "third_party.libvpx.build", "--source", str(wrong)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"libvpx: {wrong} is not libvpx_")

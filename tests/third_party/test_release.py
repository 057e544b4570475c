"""What a release is made of: an archive that is the same everywhere, and a bill of materials."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from pathlib import Path

import pytest

from third_party.bill_of_materials import bill_of_materials
from third_party.libvpx.upstream import Upstream
from third_party.source_archive import pack


def tree(folder: Path, names: list[str], time: int) -> Path:
    """The same few files, made in another order and at another time."""
    for name in names:
        path = folder / "a-1.0" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(0o755 if name == "run" else 0o600 if time else 0o664)
        os.utime(path, (time, time))
    return folder / "a-1.0"


def test_an_archive_does_not_know_where_and_when_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["b", "a/c", "a/b", "run"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    pack(tree(tmp_path / "one", names, 5), tmp_path / "one.tar.gz")
    pack(tree(tmp_path / "two", names[::-1], 0), tmp_path / "other.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "other.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        entries = archive.getmembers()
    assert [entry.name for entry in entries] == [
        "a-1.0", "a-1.0/a", "a-1.0/a/b", "a-1.0/a/c", "a-1.0/b", "a-1.0/run",
    ]  # fmt: skip
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname) for entry in entries} == {
        (1700000000, 0, 0, "")
    }
    modes = {entry.name: entry.mode for entry in entries}
    assert (modes["a-1.0/run"], modes["a-1.0/b"]) == (0o755, 0o644)


def test_the_date_is_that_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, sums = tree(tmp_path, ["a"], 5), set[str]()
    for when in ("1700000000", "1700000001"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", when)
        pack(folder, tmp_path / "a.tar.gz")
        sums.add(hashlib.sha256((tmp_path / "a.tar.gz").read_bytes()).hexdigest())
    assert len(sums) == 2


def test_the_bill_of_materials_names_what_is_inside_and_what_is_needed() -> None:
    document = bill_of_materials()
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    inside = {each["name"]: each for each in document["metadata"]["component"]["components"]}
    assert set(inside) == {"libvpx", "pybind11"}
    pins = Upstream.read()
    assert inside["libvpx"]["version"] == pins.version
    hashes = [
        reference["hashes"][0]["content"] for reference in inside["libvpx"]["externalReferences"]
    ]
    assert hashes == [pins.upstream.sha256, pins.debian.sha256]
    beside = [each["name"] for each in document["components"]]
    assert beside == ["av", "cbor2", "click", "numpy", "onnxruntime", "rich", "scipy"]
    references = [document["metadata"]["component"]["bom-ref"]]
    references += [each["bom-ref"] for each in [*inside.values(), *document["components"]]]
    assert len(set(references)) == len(references)


def test_the_bill_is_the_same_every_time() -> None:
    assert json.dumps(bill_of_materials()) == json.dumps(bill_of_materials())

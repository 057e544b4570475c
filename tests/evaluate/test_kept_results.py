"""Kept results come back as they were added, and what is damaged is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from palantir.errors import MediaError
from palantir.evaluate.kept_results import KeptResults
from palantir.evaluate.runs import Runs
from tests.evaluate.test_evaluation import silently

RESULT: dict[str, Any] = {
    "segment": "a", "network": "", "reuse": "bicubic x2", "anchors": "", "engine": "b",
    "errors": [[1.5, 2, 0.0], [3.0, 4.0, 5.0]], "key": [1, 0], "cost": 0.5,
}  # fmt: skip


def test_the_latest_of_equal_keys_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    kept = KeptResults(path, ("name",))
    for name, value in (("a", 1), ("b", 2), ("a", 3)):
        kept.add({"name": name, "value": value})
    for one in (kept, KeptResults(path, ("name",))):
        assert one.find(name="a") == {"name": "a", "value": 3}
        assert one.find(name="c") is None


@pytest.mark.parametrize("cut", [b'{"name": "b", "va', b"\xff\xc3"])
def test_a_last_line_cut_short_goes_and_no_other(
    tmp_path: Path, cut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.jsonl"
    KeptResults(path, ("name",)).add({"name": "a"})
    whole = path.read_bytes()
    path.write_bytes(whole + cut)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "truncate", killed)
        with pytest.raises(KeyboardInterrupt):
            KeptResults(path, ("name",))
    assert path.read_bytes() == whole + cut
    assert KeptResults(path, ("name",)).find(name="a") == {"name": "a"}
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "changed",
    [{"errors": []}, {"errors": [[1, 2], [3, 4]]}, {"errors": [[1, 2, 3]]}, {"errors": None},
     {"errors": [[1, 2, "3"], [3, 4, 5]]}, {"errors": [[1, 2, -3], [3, 4, 5]]},
     {"errors": ["abc", "def"]}, {"errors": [[1, 2, float("nan")], [3, 4, 5]]},
     {"cost": None}, {"cost": float("inf")}, {"key": None}, {"key": [[], []]}, {"engine": []},
     {"ssim": None}, {"ssim": [1]}, {"ssim": [1, 1.1]}, {"ssim": [1, None]}],
    ids=str,
)  # fmt: skip
def test_figures_that_are_none_are_named_by_their_line(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    refused(tmp_path, json.dumps(RESULT | changed).encode())


@pytest.mark.parametrize("name", ["errors", "key", "cost", "segment"])
def test_a_line_without_a_field_is_named(tmp_path: Path, name: str) -> None:
    refused(tmp_path, json.dumps({one: RESULT[one] for one in RESULT if one != name}).encode())


@pytest.mark.parametrize("line", [b"\xff", b'"\xe9"', b"[]", b"3", b"", b"[" * 100_000])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: bytes) -> None:
    refused(tmp_path, line)


def refused(folder: Path, line: bytes) -> None:
    (folder / "measured.jsonl").write_bytes(json.dumps(RESULT).encode() + b"\n" + line + b"\n")
    with pytest.raises(MediaError, match=r"measured\.jsonl: line 2 is no result"):
        Runs(folder, silently)

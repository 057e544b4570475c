"""Marks of the engine: the same for the same behaviour, and for no other."""

from __future__ import annotations

import numpy as np
import pytest

from palantir import _core
from palantir.evaluate import comparison
from palantir.evaluate.engine_mark import enhancing_mark, upscaling_mark
from palantir.evaluate.material import Material
from tests.enhance.streams import QUICK, encode, moving_picture


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    path = tmp_path_factory.mktemp("clips") / "lr.webm"
    encode(path, (moving_picture(i, 64, 48) for i in range(6)), options=QUICK)
    return Material(path, 0, path, 2)


def test_a_mark_is_of_what_is_done(material: Material) -> None:
    modes = ("detail", "detail:5", "detail:2", "paper")
    marks = [enhancing_mark(material, mode) for mode in modes]
    assert marks == [enhancing_mark(material, mode) for mode in modes]
    assert marks[0] == marks[2]  # 2 is the default
    assert len(set(marks)) == 3


def test_another_upscaler_has_another_mark(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = upscaling_mark(material, "bicubic")
    assert upscaling_mark(material, "bilinear") != before
    monkeypatch.setattr(
        comparison, "upscale_planes",
        lambda planes, scale, kernel: [_core.upscale(plane, scale, kernel) + np.int16(64)
                                       for plane in planes],
    )  # fmt: skip
    assert upscaling_mark(material, "bicubic") != before

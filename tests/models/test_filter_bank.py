"""Filters of the plain upscaler: their text, hostile text, and how a model carries them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.models import SRNetwork
from palantir.models.filter_bank import (
    CLASSES,
    FILTER_BITS,
    FILTERS_KEY,
    TAPS,
    WEIGHT_BOUND,
    FilterBank,
    attach,
)
from palantir.models.onnx_file import parse
from tests.enhance.numpy_filters import OFFSETS
from tests.models.small_networks import onnx, stack


def some_bank(scale: int = 2, seed: int = 5) -> FilterBank:
    random = np.random.default_rng(seed)
    return FilterBank(random.integers(-4096, 4097, (112, 24, scale, scale)).astype(np.int16))


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def test_the_engine_and_numpy_have_the_same_taps_classes_and_units() -> None:
    assert list(TAPS) == OFFSETS
    assert (CLASSES, 2**FILTER_BITS, WEIGHT_BOUND) == (112, 512, 4096)
    assert (len(TAPS), TAPS[0], TAPS[11:13], TAPS[-1]) == (24, (-3, 0), ((0, -1), (0, 1)), (3, 0))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_text_gives_the_same_filters_back(scale: int) -> None:
    bank = some_bank(scale)
    back = FilterBank.from_text(bank.to_text(), "net.onnx")
    assert back.scale == scale
    assert back.weights.dtype == np.dtype(np.int16)
    np.testing.assert_array_equal(back.weights, bank.weights)


def test_the_text_is_laid_out_as_it_is_told() -> None:
    bank = some_bank(3)
    data = zlib.decompress(base64.b64decode(bank.to_text()))
    assert data[:2] == bytes((1, 3))
    np.testing.assert_array_equal(np.frombuffer(data[2:], "<i2"), bank.weights.ravel())


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [
        (np.zeros((112, 24, 5, 5), np.int16), "filters for x5; x2, x3 and x4 are possible"),
        (np.zeros((112, 24, 1, 1), np.int16), "filters for x1"),
        (np.zeros((112, 24, 2, 3), np.int16), "filters of shape [112, 24, 2, 3]"),
        (np.zeros((111, 24, 2, 2), np.int16), "filters of shape [111, 24, 2, 2]"),
        (np.zeros((112, 25, 2, 2), np.int16), "filters of shape [112, 25, 2, 2]"),
        (np.zeros((112, 24, 4), np.int16), "filters of shape [112, 24, 4]"),
        (np.zeros(0, np.int16), "filters of shape [0]; they must be [112, 24, scale, scale]"),
        (np.int16(7), "filters of shape []"),
        (np.zeros((112, 24, 2, 2), np.int32), "filters of int32, not of int16"),
        (np.full((112, 24, 2, 2), 4097, np.int16), "from 4097 to 4097, beyond 4096"),
        (np.full((112, 24, 2, 2), -32768, np.int16), "from -32768 to -32768, beyond 4096"),
    ],
)
def test_weights_that_are_no_filters_are_refused(
    weights: NDArray[np.int16], complaint: str
) -> None:
    with pytest.raises(ModelError, match=re.escape(complaint)):
        FilterBank(weights)


WHOLE = bytes((1, 2)) + bytes(2 * 112 * 24 * 4)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is cut off"),
        ("%%%%", "cannot be unpacked"),
        ("äöü", "cannot be unpacked"),
        ("QUJD\n", "cannot be unpacked"),
        (base64.b64encode(b"not packed").decode(), "cannot be unpacked"),
        (packed(bytes(10**8)), "unpacks to more than 86018 bytes"),
        ("A" * 10**6, "has 1000000 characters"),
        (packed(WHOLE)[:-8], "is cut off or has something behind"),
        (base64.b64encode(zlib.compress(WHOLE) + b"more").decode(), "something behind its end"),
        (packed(b""), "of a version that is not known"),
        (packed(bytes((2,)) + WHOLE[1:]), "of a version that is not known"),
        (packed(b"\1"), "has 1 bytes for x0"),
        (packed(b"\1\5" + WHOLE[2:]), "bytes for x5"),
        (packed(WHOLE[:-1]), "has 21505 bytes for x2"),
        (packed(WHOLE + b"\0"), "has 21507 bytes for x2"),
        (packed(bytes((1, 2)) + b"\xff\x7f" * (112 * 24 * 4)), "from 32767 to 32767, beyond 4096"),
    ],
)
def test_hostile_text_is_refused_by_the_files_name(text: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=rf"^net\.onnx: palantir\.filters .*({complaint})"):
        FilterBank.from_text(text, "net.onnx")


def test_a_model_carries_filters_and_stays_the_same_otherwise(tmp_path: Path) -> None:
    before, bank = stack(metadata={"author": "me"}), some_bank()
    after = attach(before, bank, "net.onnx")
    props = {one.key: one.value for one in onnx.load_from_string(after).metadata_props}
    assert props == {"author": "me", FILTERS_KEY: bank.to_text()}
    onnx.checker.check_model(onnx.load_from_string(after))
    (tmp_path / "before.onnx").write_bytes(before)
    (tmp_path / "after.onnx").write_bytes(after)
    plain, carrying = (SRNetwork.load(tmp_path / f"{name}.onnx") for name in ("before", "after"))
    assert plain.filters is None
    assert carrying.filters is not None
    np.testing.assert_array_equal(carrying.filters.weights, bank.weights)
    picture = np.random.default_rng(1).random((1, 1, 9, 11), dtype=np.float32)
    np.testing.assert_array_equal(plain.run(picture), carrying.run(picture))
    assert plain.describe()["filters"] is False
    assert carrying.describe()["filters"] is True
    assert carrying.describe()["notes"] == {"author": "me"}
    (tmp_path / "after.onnx").write_bytes(attach(before, bank, "net.onnx", "+0.3 dB on hr.mp4"))
    told = SRNetwork.load(tmp_path / "after.onnx").describe()["notes"]
    assert told == {"author": "me", "filters.fitted": "+0.3 dB on hr.mp4"}
    assert len(json.dumps(carrying.describe())) < 1000


def test_filters_are_not_attached_twice_nor_to_what_is_no_model() -> None:
    once = attach(stack(), some_bank(), "net.onnx")
    assert parse(once, "net.onnx").metadata.keys() == {FILTERS_KEY}
    with pytest.raises(ModelError, match=r"net\.onnx: has filters already"):
        attach(once, some_bank(seed=6), "net.onnx")
    with pytest.raises(ModelError, match="not an ONNX model"):
        attach(b"once upon a time", some_bank(), "net.onnx")


def test_filters_do_not_make_a_file_that_is_too_large_to_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, bank = stack(), some_bank()
    size = len(attach(model, bank, "net.onnx"))
    monkeypatch.setattr("palantir.models.filter_bank.MAX_BYTES", size)
    assert len(attach(model, bank, "net.onnx")) == size
    monkeypatch.setattr("palantir.models.filter_bank.MAX_BYTES", size - 1)
    with pytest.raises(ModelError, match=rf"net\.onnx: {size} bytes with filters; models up to"):
        attach(model, bank, "net.onnx")


def test_filters_of_another_scale_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(attach(stack(scale=2), some_bank(3), "net.onnx"))
    with pytest.raises(ModelError, match=r"net\.onnx: scales by 2 but has filters for x3"):
        SRNetwork.load(path)
    path.write_bytes(stack(metadata={FILTERS_KEY: "none"}))
    with pytest.raises(ModelError, match=r"net\.onnx: palantir\.filters"):
        SRNetwork.load(path)

"""pybind11's licence lies where wheels and sdists take it from, or the build says so."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

import pytest

from third_party import licences
from third_party.licences import LicenceError, place_pybind11_licence


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, licence: str | None) -> None:
    """Have a pybind11 in `folder` that lists `licence`, or no files at all as system packages."""
    information = folder / "pybind11-3.0.dist-info"
    information.mkdir(parents=True)
    if licence is not None:
        (information / "LICENSE").write_text(licence)
        (information / "RECORD").write_text(f"{information.name}/LICENSE,,\n")
    found = Distribution.at(information)
    monkeypatch.setattr(licences, "distribution", lambda name: found)


def test_the_licence_is_that_of_the_installed_pybind11(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "licences" / "LICENSE"
    for text in ("old", "new"):
        install(monkeypatch, tmp_path / text, text)
        place_pybind11_licence(target)
        assert target.read_text() == text


def test_the_pybind11_of_this_environment_has_one(tmp_path: Path) -> None:
    place_pybind11_licence(tmp_path / "LICENSE")
    assert "Wenzel Jakob" in (tmp_path / "LICENSE").read_text()


def test_an_sdists_licence_stays_where_the_installed_pybind11_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "LICENSE"
    target.write_text("shipped")
    install(monkeypatch, tmp_path / "system", None)
    place_pybind11_licence(target)
    assert target.read_text() == "shipped"


def test_no_licence_at_all_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    install(monkeypatch, tmp_path / "system", None)
    with pytest.raises(LicenceError, match="has no LICENSE: put it at"):
        place_pybind11_licence(tmp_path / "LICENSE")
    monkeypatch.setattr(licences, "distribution", not_found)
    with pytest.raises(LicenceError, match="has no LICENSE: put it at"):
        place_pybind11_licence(tmp_path / "LICENSE")

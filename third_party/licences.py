"""The licence of pybind11, whose headers are compiled into the extension."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path

__all__ = ["place_pybind11_licence"]

_TARGET = Path(__file__).parent / "pybind11" / "licences" / "LICENSE"


def place_pybind11_licence() -> None:
    """Copy it from the pybind11 that is installed for the build, unless it is there already.

    It travels in wheels and sdists beside libvpx's. Raises FileNotFoundError where pybind11
    carries none.
    """
    if _TARGET.is_file():
        return
    found = [path for path in distribution("pybind11").files or [] if path.name == "LICENSE"]
    if not found:
        raise FileNotFoundError("the installed pybind11 has no LICENSE")
    _TARGET.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found[0].locate(), _TARGET)

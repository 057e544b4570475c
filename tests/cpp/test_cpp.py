"""The C++ core without Python: builds and runs every ``test_*.cpp`` beside this file.

The fuzz harnesses must compile as well: nothing else in the ordinary tests looks at them.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.fuzz.harnesses import HARNESSES

HERE = Path(__file__).parent
PROGRAMS = sorted(path.stem for path in HERE.glob("test_*.cpp"))


@pytest.fixture(scope="module")
def built() -> Path:
    """The folder of the built programs."""
    command = ["make", "--silent", "-C", str(HERE), f"-j{os.cpu_count() or 1}"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return HERE / "build"


def test_fuzz_harnesses_compile(built: Path) -> None:
    assert set(HARNESSES) <= {path.stem for path in built.glob("fuzz/*.compiles")}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_succeeds(program: str, built: Path) -> None:
    ran = subprocess.run([built / program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr

"""A writer that is killed leaves the old file or the whole new one."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_write_leaves_a_whole_file() -> None:
    """The command of the 1,000 kills, with fewer. In a process without threads, which can fork."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability", "kill", "--writes", "40"],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["profile", "video"]
    for line in lines:
        found = re.search(r": 40 kills, (\d+) in the middle of a write; (\d+) left a new", line)
        assert found, line
        assert int(found[1]) > 0  # else nothing is tested; a quarter or more, as a rule

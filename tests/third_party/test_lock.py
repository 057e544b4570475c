"""What `./dev` installs is pinned by hash, and is what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(
    r"^([A-Za-z0-9-]+)==(\S+)(?: ;[^\\\n]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.M
)
BY_HAND = {"atheris", "matplotlib", "torch"}  # in constraints.txt for those who want them


def locked() -> dict[str, str]:
    """Version of each package in the lock, all of which must have a hash."""
    text = (ROOT / "requirements.lock").read_text()
    found = {name: version for name, version, _ in ENTRY.findall(text)}
    assert len(found) == len(re.findall(r"^[a-z].*==", text, re.M))
    return found


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {line.split("==")[0]: line.split("==")[1] for line in lines if "==" in line}


def test_every_package_is_locked_by_hash_at_the_pinned_version() -> None:
    lock, pins = locked(), constraints()
    assert {name: lock.get(name) for name in pins if name not in BY_HAND} == {
        name: version for name, version in pins.items() if name not in BY_HAND
    }


def test_all_that_the_project_asks_for_is_locked() -> None:
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = facts["project"]
    wanted = [*facts["build-system"]["requires"], *project["dependencies"],
              *project["optional-dependencies"]["dev"]]  # fmt: skip
    lock = locked()
    for requirement in map(Requirement, wanted):
        assert requirement.name in lock, requirement
        assert requirement.specifier.contains(lock[requirement.name]), requirement


def test_pip_is_told_to_take_nothing_without_a_hash() -> None:
    installs = re.findall(r"pip install[^\n]*", (ROOT / "dev").read_text())
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]

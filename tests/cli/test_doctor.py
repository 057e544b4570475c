"""`palantir doctor` says in words what loads and what does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.outcome import Run


def doctor(folder: Path, *flags: str) -> tuple[int, str]:
    """Its exit code and output with the modules in `folder` before all others."""
    done = subprocess.run(
        [sys.executable, "-m", "palantir", "doctor", *flags],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_sound_installation_is_all_ok(run: Run) -> None:
    found = run("doctor", "--json").json
    assert all(entry["ok"] for entry in found.values())
    assert "libvpx v" in found["native core"]["text"]
    assert "CPUExecutionProvider" in found["ONNX Runtime"]["text"]
    assert found["shipped network"]["text"].startswith("x4 luma")
    shown = run("doctor").out.splitlines()
    assert [line.split()[0] for line in shown] == ["ok"] * len(found)


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [("onnxruntime", "ONNX Runtime", "ImportError"), ("av", "av", "OSError"),
     ("cbor2", "cbor2", "RuntimeError")],
)  # fmt: skip
def test_a_module_that_does_not_load_is_named_with_the_reason(
    tmp_path: Path, module: str, name: str, error: str
) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise {error}('libfoo.so.1: cannot\\nopen')\n")
    code, out = doctor(tmp_path, "--json")
    found: dict[str, Any] = json.loads(out)
    assert code == 1
    assert found[name] == {"ok": False, "text": f"{error}: libfoo.so.1: cannot open"}
    assert found["numpy"]["ok"]


_WITHOUT_CORE = """
import sys
sys.modules["palantir._core"] = None   # as if the extension module were not there
from palantir.cli import main
main(sys.argv[1:])
"""


def without_core(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT_CORE, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_missing_native_core_is_reported_and_the_rest_is_still_checked() -> None:
    done = without_core("doctor")
    lines = {line[6:22].strip(): line for line in done.stdout.splitlines()}
    assert (done.returncode, done.stderr) == (1, "")
    assert lines["native core"].startswith("FAIL")
    assert "_core" in lines["native core"]
    assert lines["SIMD"].startswith("FAIL")
    assert lines["ONNX Runtime"].startswith("ok")


def test_a_command_that_needs_the_native_core_points_to_the_doctor(material: Path) -> None:
    done = without_core("schedule", material / "segment.webm", "-o", "/dev/null")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "palantir doctor" in done.stderr

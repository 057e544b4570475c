"""What palantir-sr is made of, as a CycloneDX 1.6 document; `./dev wheel` puts it beside the wheel.

`python3 -m third_party.bill_of_materials FILE`. It holds no date and no random number: the same
source gives the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from third_party.libvpx.upstream import HERE as LIBVPX

__all__ = ["bill_of_materials"]

_ROOT = Path(__file__).parents[1]
_PYPI = "pkg:pypi/{}@{}"


def bill_of_materials() -> dict[str, Any]:
    """The document: what is inside the wheel, and what it needs beside it."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    lock = _locked()
    needed = sorted(
        re.split(r"[<>=~! ]", wanted, maxsplit=1)[0] for wanted in project["dependencies"]
    )
    inside = [_libvpx(), _package("pybind11", lock, "required", ["BSD-3-Clause"])]
    beside = [_package(name, lock, "required") for name in needed]
    itself = _PYPI.format(project["name"], project["version"])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": itself,
                "name": project["name"],
                "version": project["version"],
                "purl": itself,
                "licenses": [{"expression": project["license"]}],
                "components": inside,
            }
        },
        "components": beside,
        "dependencies": [{"ref": itself, "dependsOn": [each["bom-ref"] for each in beside]}],
    }


def _libvpx() -> dict[str, Any]:
    """The source package that the build checks; linked statically."""
    pins = tomllib.loads((LIBVPX / "upstream.toml").read_text())
    purl = f"pkg:deb/debian/{pins['package']}@{pins['version']}?arch=source"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": pins["package"],
        "version": pins["version"],
        "purl": purl,
        "licenses": [{"license": {"id": "BSD-3-Clause"}}],
        "externalReferences": [
            {
                "type": "source-distribution",
                "url": file,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for file, digest in pins["sha256"].values()
        ],
        "pedigree": {
            "patches": [
                {"type": "unofficial", "diff": {"url": f"third_party/libvpx/patches/{name}"}}
                for name in (LIBVPX / "patches" / "series").read_text().split()
            ]
        },
    }


def _package(
    name: str, lock: dict[str, str], scope: str, licences: list[str] | None = None
) -> dict[str, Any]:
    """A Python package, at the version that this release is tested with."""
    purl = _PYPI.format(name, lock[name])
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": lock[name],
        "scope": scope,
        "purl": purl,
    }
    if licences:
        found["licenses"] = [{"license": {"id": licence}} for licence in licences]
    return found


def _locked() -> dict[str, str]:
    text = (_ROOT / "requirements.lock").read_text()
    return dict(re.findall(r"^([A-Za-z0-9-]+)==(\S+)", text, re.MULTILINE))


def main() -> None:
    """Write the document to the file named."""
    Path(sys.argv[1]).write_text(json.dumps(bill_of_materials(), indent=2) + "\n")


if __name__ == "__main__":
    main()

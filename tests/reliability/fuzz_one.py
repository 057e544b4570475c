"""One border under atheris: `python -m tests.reliability.fuzz_one BORDER [libFuzzer's arguments]`.

`python -m tests.reliability fuzz` calls it. Only our own Python is instrumented.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["palantir"]):
    from tests.reliability.borders import BORDERS


def main() -> None:
    """Fuzz until libFuzzer's limits end the process."""
    border = BORDERS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], lambda data: border(bytes(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""The system's clock may be set while palantir works: nothing measures time by it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WALL_CLOCK = re.compile(r"system_clock|gettimeofday|CLOCK_REALTIME|time\.time\(|datetime|\btime\(")


def test_no_code_of_ours_reads_the_wall_clock() -> None:
    sources = [*ROOT.glob("palantir/**/*.py"), *ROOT.glob("csrc/*"), *ROOT.glob(
        "third_party/libvpx/observer/*")]  # fmt: skip
    assert len(sources) > 100
    reading = [path for path in sources if WALL_CLOCK.search(path.read_text())]
    assert not reading

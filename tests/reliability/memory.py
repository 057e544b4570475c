"""The most that one decoder takes: every reference slot holds a frame of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from palantir.errors import PalantirError
from tests.codec.frame_header import as_intra_only
from tests.codec.streams import stream

__all__ = ["SETTINGS", "SIZES", "grown"]

SIZES = [(854, 480), (1280, 720)]
SETTINGS: dict[str, dict[str, bool | int]] = {
    "unobserved": {"observe": False},
    "for detail reuse": {"full": False},
    "full trace": {},
    "full trace, 8 threads, row-MT": {"threads": 8, "row_mt": True},
}
_RUN = """
import json, re, sys
from palantir import _core
def status(name):  # of this process, bytes
    return 1024 * int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1])
packets = [bytes.fromhex(line) for line in sys.stdin]
decoder = _core.Decoder(**json.loads(sys.argv[1]))
open("/proc/self/clear_refs", "w").write("5")  # the peak of importing is not the decoder's
before = status("VmRSS")
for packet in packets:
    slots = [frame.slots for frame in decoder.decode(packet)[0]]  # the frames are dropped
if slots:
    assert len(set(slots[-1])) == 8, slots
print(status("VmHWM") - before)
"""


def grown(size: tuple[int, int], **setting: bool | int) -> int:
    """Bytes by which a process grows that decodes frames of `size` until no slot is as another."""
    key = stream("resilient", size=size, frames=1)[0]
    packets = [key, *(as_intra_only(key, refresh=1 << slot) for slot in range(8))] * 2
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(setting)],
        input="\n".join(packet.hex() for packet in packets),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        raise PalantirError(ran.stderr.splitlines()[-1])
    return int(ran.stdout)

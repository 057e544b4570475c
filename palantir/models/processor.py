"""What ONNX Runtime's graphs and settings depend on in the processor."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

__all__ = ["features", "saturates"]

_FACTS = Path("/proc/cpuinfo")
_EXACT = frozenset({"avx512_vnni", "avx_vnni"})


def features() -> str:
    """The processor's extensions as Linux names them; elsewhere what Python knows of it."""
    with contextlib.suppress(OSError):
        for line in _FACTS.read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return line
    return platform.machine() + platform.processor()


def saturates() -> bool:
    """Whether ONNX Runtime's sums of products of 8 bits, unsigned by signed, may saturate.

    They do on x86-64 without VNNI. Where that is not known, it is assumed.
    """
    return platform.machine() in ("x86_64", "AMD64") and _EXACT.isdisjoint(features().split())

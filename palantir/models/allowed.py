"""Lists of networks that may be run: SHA-256 sums of their files."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection

from palantir.errors import ModelError
from palantir.files import open_regular

__all__ = ["check_allowed", "read_allowed"]

_MAXIMUM_SIZE = 2**20  # bytes


def read_allowed(path: str | os.PathLike[str]) -> frozenset[str]:
    """The sums in a file as `sha256sum *.onnx` writes it, lower-case; names do not matter.

    Raises ModelError where it cannot be read or a line is anything else.
    """
    name = os.fspath(path)
    try:
        with open_regular(path) as file:
            data = file.read(_MAXIMUM_SIZE + 1)
    except OSError as error:
        raise ModelError(f"{name}: {error.strerror or error}") from None
    if len(data) > _MAXIMUM_SIZE:
        raise ModelError(f"{name}: more than {_MAXIMUM_SIZE} bytes are no list of allowed models")
    sums = set()
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        match = re.match(r"\\?([0-9a-fA-F]{64})(?:\s|$)", line)
        if line.strip() and not match:
            raise ModelError(f"{name}: line {number} does not begin with a SHA-256")
        if match:
            sums.add(match[1].lower())
    return frozenset(sums)


def check_allowed(data: bytes, allowed: Collection[str], name: str) -> None:
    """Raise ModelError unless the SHA-256 of `data`, in lower-case hexadecimal, is in `allowed`."""
    digest = hashlib.sha256(data).hexdigest()
    if digest not in allowed:
        raise ModelError(f"{name}: its SHA-256, {digest}, is not among the {len(allowed)} allowed")

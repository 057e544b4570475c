"""An SR network: an ONNX model, the facts needed to use it, and ONNX Runtime to run it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.files import open_regular
from palantir.models.allowed import check_allowed
from palantir.models.filter_bank import FILTERS_KEY, FilterBank, find_filters
from palantir.models.onnx_file import MAX_BYTES, OnnxFile, parse
from palantir.models.receptive_field import UnknownReachError
from palantir.models.session import check_interface, in_one_line, open_session
from palantir.models.traits import (
    METADATA_PREFIX,
    NetworkLoad,
    NetworkTraits,
    checked_halo,
    find_load,
    find_traits,
)

__all__ = ["NetworkLoad", "SRNetwork", "network_load", "read_model", "shipped_model"]

SHIPPED_SCALES = (2, 4)


def shipped_model(scale: int = 4) -> Path:
    """The luma detail network that comes with palantir, x2 or x4.

    Raises ModelError for another scale.
    """
    if scale not in SHIPPED_SCALES:
        choice = " and ".join(f"x{one}" for one in SHIPPED_SCALES)
        raise ModelError(f"no network is shipped for x{scale}: there are {choice}")
    return Path(__file__).parent / "data" / f"detail-x{scale}.onnx"


def network_load(
    path: str | os.PathLike[str] | None = None, halo: int | None = None
) -> NetworkLoad:
    """The load of an ONNX file (None: the shipped network), told by it or derived from it.

    With `halo`, LR pixels, another than the file's own. ONNX Runtime is not loaded. Raises
    ModelError where the file is unreadable or no ONNX model, where the radius could only be found
    by running it, and for a halo below 0.
    """
    source = shipped_model() if path is None else Path(path)
    file = parse(read_model(source), str(source))
    try:
        load = find_load(file, str(source))
        return load if halo is None else replace(load, halo=checked_halo(halo))
    except UnknownReachError as error:
        raise ModelError(
            f"{source}: its receptive field is not to be seen ({error}); its metadata should name "
            f"{METADATA_PREFIX}radius"
        ) from None


class SRNetwork:
    """A loaded network, with the facts of `NetworkTraits` as attributes.

    path      of its file
    input     name of its one input
    filters   for the plain upscaler, fitted to the same video as the network; None without
    fallback  why it went over to the CPU half way, in one line; None as long as it did not

    On the CPU provider its results do not depend on the batch or on the number of threads, bit for
    bit; with a halo of `radius` nor on how the frame is cut into tiles.
    """

    def __init__(
        self,
        session: Any,
        file: OnnxFile,
        path: Path,
        size: int,
        on_cpu: Callable[[], Any] | None = None,
    ) -> None:
        self._session, self._file, self.path, self._size = session, file, path, size
        self._on_cpu, self._going_over = on_cpu, threading.Lock()
        self.fallback: str | None = None
        self._enlarges = 0  # times; 0 until it is known
        self.input, self._one_at_a_time, channels = check_interface(session, str(path))
        self.traits: NetworkTraits = find_traits(file, self.run, channels, str(path))
        self.scale = self._enlarges = self.traits.scale
        self.colour = self.traits.colour
        self.output = self.traits.output
        self.range = self.traits.range
        self.radius = self.traits.radius
        self.halo = self.traits.halo
        self.macs_per_pixel = self.traits.macs_per_pixel
        self.filters: FilterBank | None = find_filters(file, self.scale, str(path))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        providers: Sequence[str] = ("cpu",),
        threads: int = 0,
        *,
        warm_up: tuple[int, int] | None = None,
        allowed: Collection[str] | None = None,
        retry_on_cpu: bool = False,
        scale: int = 4,
        halo: int | None = None,
    ) -> SRNetwork:
        """Reads an ONNX file (None: the shipped network of `scale`) and prepares it to run.

        The model takes one float32 tensor [n, 1 or 3, h, w] in 0..1, height and width dynamic,
        and gives one of `scale` times the size. `providers` are ONNX Runtime's execution providers,
        preferred first, by short names ("cpu", "cuda") or whole ones; each must start. `threads` 0
        means one per core. `warm_up` is a height and width to run once, so that the first picture
        of that size is not slower than the others. With `allowed`, SHA-256 sums in lower-case
        hexadecimal (`read_allowed`), a file that is none of these is not even parsed, and no
        optimised form of it is taken from the cache; the shipped network is always allowed.
        With `retry_on_cpu` a picture that a provider fails on is run again on the CPU. Where that
        succeeds the provider is left for good, and `fallback` says why; where it fails too, or
        without `retry_on_cpu`, it is an error. `halo`, LR pixels, replaces the model's own.

        Raises ModelError: not allowed, unreadable or no ONNX model, weights in other files, custom
        operators, loops, more than 512 MiB or unreasonably many parts, unsuitable inputs or
        outputs, scale not 1, 2, 3 or 4, damaged filters or those of another scale, halo below 0,
        provider not in this build of ONNX Runtime or failing to start.
        """
        source = shipped_model(scale) if path is None else Path(path)
        data = read_model(source)
        if allowed is not None and path is not None:
            check_allowed(data, allowed, str(source))
        file = parse(data, str(source))
        session = open_session(data, str(source), tuple(providers), threads, cached=allowed is None)
        on_cpu = partial(open_session, data, str(source), ("cpu",), threads)
        elsewhere = session.get_providers() != ["CPUExecutionProvider"]
        spare = on_cpu if retry_on_cpu and elsewhere else None
        network = cls(session, file, source, len(data), spare)
        if halo is not None:
            network._set_halo(checked_halo(halo))
        if warm_up is not None:
            channels = 1 if network.colour == "luma" else 3
            network.run(np.zeros((1, channels, *warm_up), np.float32))
        return network

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 [n, c, h, w] in 0..1 to float32 [n, c, h*scale, w*scale], not clipped.

        Raises ModelError if the model cannot take this size.
        """
        if self._one_at_a_time and len(batch) != 1:
            return np.concatenate([self._infer(picture[None]) for picture in batch])
        return self._infer(batch)

    @property
    def takes_batches(self) -> bool:
        """Whether several pictures can go through the model at once."""
        return not self._one_at_a_time

    def describe(self) -> dict[str, object]:
        """The traits and the file's own facts, ready for JSON."""
        told = NetworkTraits.keys() | {FILTERS_KEY}
        return {
            "path": str(self.path),
            "bytes": self._size,
            "parameters": self._file.parameters,
            "opset": self._file.opset,
            "producer": self._file.producer,
            **asdict(self.traits),
            "filters": self.filters is not None,
            "providers": list(self._session.get_providers()),
            "notes": {key: text for key, text in self._file.metadata.items() if key not in told},
        }

    def _set_halo(self, halo: int) -> None:
        self.traits, self.halo = replace(self.traits, halo=halo), halo

    def _infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        session = self._session
        try:
            return self._run_in(session, batch)
        except ModelError as error:
            return self._retry(session, batch, error)

    def _run_in(self, session: Any, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        feed = {self.input: np.ascontiguousarray(batch, dtype=np.float32)}
        try:
            (result,) = session.run(None, feed)
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            size = "x".join(map(str, batch.shape))
            raise ModelError(
                f"{self.path}: fails on a {size} input: {in_one_line(error)}"
            ) from None
        (height, width), (rows, columns) = batch.shape[2:], result.shape[2:]
        if self._enlarges and (rows, columns) != (height * self._enlarges, width * self._enlarges):
            raise ModelError(f"{self.path}: gives {columns}x{rows} pixels for {width}x{height}")
        return cast("NDArray[np.float32]", result)

    def _retry(
        self, failed: Any, batch: NDArray[np.float32], error: ModelError
    ) -> NDArray[np.float32]:
        """Run on the CPU what `failed` did not, and stay there if that succeeds."""
        with self._going_over:
            if self._session is failed:
                if self._on_cpu is None:
                    raise error
                try:
                    session = self._on_cpu()
                    result = self._run_in(session, batch)
                except ModelError:  # leaving the provider would not help
                    raise error from None
                self._session, self._on_cpu, self.fallback = session, None, str(error)
                return result
        return self._infer(batch)  # another thread went over meanwhile


def read_model(path: Path) -> bytes:
    """The bytes of a model's file. ModelError: no regular file, not readable, too large."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise ModelError(f"{path}: {size} bytes; models up to {MAX_BYTES} are read")
            return file.read(size)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None

"""Types of the native core; its meaning is documented in csrc/*.h."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_Bytes = NDArray[np.uint8]
_Fixed = NDArray[np.int16]
_Real = float | np.float32
_Double = NDArray[np.float64]
_Planes = tuple[_Bytes, _Bytes, _Bytes]

FRACTION_BITS: int
MAX_SCALE: int
FILTER_CLASSES: int
FILTER_BITS: int
FILTER_WEIGHT_BOUND: int
FILTER_TAPS: tuple[tuple[int, int], ...]

class DecodeError(Exception): ...

class CodedFrame:
    index: int
    shown: bool
    full: bool
    key: bool
    intra_only: bool
    lossless: bool
    width: int
    height: int
    bit_depth: int
    subsampling: tuple[int, int]
    full_range: bool
    color_space: int
    references: tuple[int, ...]
    slots: tuple[int, ...]
    refresh: int
    quantizer: int
    filter_level: int
    coded_bytes: int
    blocks: NDArray[np.void]
    planes: _Planes
    prediction: _Planes
    reconstruction: _Planes
    def texture(self, rows: int, columns: int) -> _Double: ...
    def weights(
        self, rows: int, columns: int
    ) -> tuple[
        NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], _Double, NDArray[np.int64]
    ]: ...
    def detail(
        self, rows: int, columns: int, fade: float
    ) -> tuple[
        _Double, _Double, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], _Double
    ]: ...

class Decoder:
    def __init__(
        self,
        *,
        threads: int = 1,
        row_mt: bool = False,
        observe: bool = True,
        full: bool = True,
        max_width: int = 0,
        max_height: int = 0,
    ) -> None: ...
    def decode(self, data: bytes) -> tuple[list[CodedFrame], bool, int]: ...
    def displayed_planes(self) -> _Planes | None: ...

def libvpx_version() -> str: ...
def libvpx_configuration() -> str: ...
def simd_level() -> str: ...
def size_limit() -> tuple[int, int]: ...
def upscale(plane: _Bytes, scale: int, kernel: str) -> _Fixed: ...
def upscale_area(
    plane: _Bytes, scale: int, x: int, y: int, width: int, height: int, kernel: str
) -> _Fixed: ...
def filter_classes(plane: _Bytes) -> _Bytes: ...

class FilterBank:
    def __init__(self, weights: _Fixed) -> None: ...
    @property
    def scale(self) -> int: ...
    def upscale(self, plane: _Bytes) -> _Fixed: ...

def detail_of(
    result: NDArray[np.float32], x: int, y: int, width: int, height: int, gain: _Real
) -> _Fixed: ...
def luma_less(
    result: NDArray[np.float32], x: int, y: int, gain: _Real, offset: _Real, low: _Fixed
) -> None: ...
def rgb_less(
    result: NDArray[np.float32],
    weight: NDArray[np.float32],
    offset: NDArray[np.float32],
    luma: tuple[int, int],
    chroma: tuple[int, int],
    y: _Fixed,
    u: _Fixed,
    v: _Fixed,
) -> None: ...
def compose(base: _Fixed, detail: _Fixed | None = None) -> _Bytes: ...

class Threads:
    def __init__(self, count: int, most: int = 1) -> None: ...
    def lend(self, more: int) -> None: ...

class BufferPool:
    def __init__(self) -> None: ...

class DetailSource:
    def __init__(
        self,
        frame: CodedFrame,
        scale: int,
        anchors: Sequence[tuple[int, int, int, int]],
        pool: BufferPool,
    ) -> None: ...
    def add(self, plane: int, x: int, y: int, detail: _Fixed, pool: BufferPool) -> None: ...

class DetailMap:
    sources: list[int]
    source: NDArray[np.uint16]
    down: NDArray[np.int16]
    across: NDArray[np.int16]
    confidence: NDArray[np.uint16]

def reuse_detail(
    frame: CodedFrame,
    references: Mapping[int, DetailMap],
    scale: int,
    fade: float,
    source: DetailSource | None,
    pool: BufferPool,
    threads: Threads | int = 1,
) -> DetailMap | None: ...
def render_detail(
    frame: CodedFrame,
    detail: DetailMap | None,
    scale: int,
    pool: BufferPool,
    threads: Threads | int = 1,
    filters: FilterBank | None = None,
) -> _Planes: ...
def reuse_paper(
    frame: CodedFrame,
    references: Mapping[int, _Planes],
    scale: int,
    pool: BufferPool,
    threads: Threads | int = 1,
) -> _Planes: ...

TIE_TOLERANCE: float

def sweep_errors(
    row_start: NDArray[np.int64],
    reference: NDArray[np.int32],
    weight: _Double,
    texture: _Double,
    shown: _Bytes,
    anchor: _Bytes,
    remaining: _Double | None = None,
) -> _Double: ...
def sweep_influence(
    row_start: NDArray[np.int64],
    reference: NDArray[np.int32],
    weight: _Double,
    texture: _Double,
    shown: _Bytes,
    anchor: _Bytes,
) -> _Double: ...
def objectives(
    row_start: NDArray[np.int64],
    reference: NDArray[np.int32],
    weight: _Double,
    texture: _Double,
    shown: _Bytes,
    order: NDArray[np.int64],
) -> _Double: ...
def select_adjoint(
    row_start: NDArray[np.int64],
    reference: NDArray[np.int32],
    weight: _Double,
    texture: _Double,
    shown: _Bytes,
    count: int,
) -> tuple[NDArray[np.int64], _Double, _Double]: ...
def select_gain_per_cost(
    row_start: NDArray[np.int64],
    reference: NDArray[np.int32],
    weight: _Double,
    texture: _Double,
    shown: _Bytes,
    rows: int,
    columns: int,
    sizes: NDArray[np.int32],
    halo: int,
    count: int,
) -> tuple[NDArray[np.int64], _Double, _Double]: ...
def select_tiers(
    row_start: NDArray[np.int64],
    reference: NDArray[np.int32],
    weight: _Double,
    texture: _Double,
    shown: _Bytes,
    rows: int,
    columns: int,
    sizes: NDArray[np.int32],
    networks: tuple[tuple[int, int], tuple[int, int]],
    price: int,
    remaining: _Double,
    allowed: int,
) -> tuple[NDArray[np.int64], _Bytes, _Double, float]: ...

class LiveFrame:
    def __init__(
        self,
        index: int,
        shown: bool,
        key: bool,
        slots: tuple[int, ...],
        patches: int,
        texture: _Double,
        patch: NDArray[np.int32],
        reference: NDArray[np.int32],
        source: NDArray[np.int32],
        weight: _Double,
    ) -> None: ...

class LiveSelector:
    def __init__(self, patches: int, tail: bool) -> None: ...
    def push(self, frame: LiveFrame) -> None: ...
    def show(self, index: int) -> tuple[float, float]: ...
    def select(self, count: int, seconds: float) -> tuple[NDArray[np.int64], _Double, _Double]: ...
    def settle(self, anchors: NDArray[np.int64]) -> tuple[float, float]: ...

class MergedTiles:
    def __init__(self, rows: int, columns: int, width: int, height: int, halo: int) -> None: ...
    def add(self, patch: int) -> int: ...

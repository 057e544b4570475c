"""Error graphs made up with a codec's habits: local motion, few references, hidden frames.

Each patch is cut into equal blocks; a block copies from one reference at one motion vector, and
where it lands across patch borders it is split, as in docs/method.md. What real clips show at
3x5 and at 15x27 patches is kept: 1.4 to 4.5 edges a node, nearly all to the same patch or to one
beside it, half of the weight to the frame before, patches without any texture, and key and hidden
frames with ten times the texture of others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from palantir.graph import ErrorGraph, FrameTable
from palantir.grid import PatchGrid

__all__ = ["codec_like"]

_HIDDEN_EVERY = 11  # coded frames
_REFERENCE_SHARE = (0.60, 0.12, 0.20)  # LAST, GOLDEN, ALTREF; the rest is intra
_SAME_REFERENCE = 0.7  # of a patch's blocks follow the patch's choice
_STILL = 0.4  # of patches do not move
_PAN = 1.2  # pixels a frame, of the whole picture
_LOCAL = 1.0  # pixels a frame, of a patch
_LONGEST = 40.0  # pixels, of a motion vector
_NO_TEXTURE = 0.3  # of patches, outside key and hidden frames
_TEXTURE_SPREAD = 2.0  # standard deviation of the logarithm

Float = NDArray[np.float64]
Index = NDArray[np.int64]


class _Frames(NamedTuple):
    key: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    references: NDArray[np.int32]  # [T, 3]


class _Blocks(NamedTuple):
    """Inter blocks: node and reference frame of each, place and motion vector in patches."""

    node: Index
    frame: NDArray[np.int32]
    place: Float  # [blocks, 2], top and left
    moved: Float  # [blocks, 2]
    side: float  # of a block, in patches


def codec_like(
    frames: int,
    grid: PatchGrid,
    *,
    seed: int = 1,
    lr_size: tuple[int, int] = (854, 480),
    gop: int = 60,
    blocks: int = 3,
    edges: int | None = None,
) -> ErrorGraph:
    """A graph of `frames` coded frames, the same for the same arguments.

    lr_size  (width, height) in pixels, which sets how far motion reaches in patches
    gop      coded frames from key frame to key frame
    blocks   along each side of a patch: more of them, more edges
    edges    keep only so many, the heaviest

    Raises ValueError where there are fewer edges than that.
    """
    random = np.random.default_rng(seed)
    table = _frames(frames, gop)
    patch_size = np.array([lr_size[1] / grid.rows, lr_size[0] / grid.columns])
    moving = _inter_blocks(table, grid, blocks, patch_size, random)
    weights = _heaviest(_weights(moving, grid, frames), edges)
    plain = FrameTable.plain(*lr_size, table.shown, table.key)
    size = np.where(table.key, 40_000, np.where(table.shown, 3_000, 12_000))
    return ErrorGraph(
        texture=_texture(table, grid, random),
        weights=weights,
        frames=replace(plain, references=table.references, coded_bytes=size),
        grid=grid,
        lr_size=lr_size,
    )


def _frames(frames: int, gop: int) -> _Frames:
    """Hidden alt-refs ahead of every group; the shown frame that ends a group becomes golden."""
    place = np.arange(frames) % gop
    last_of_gop = np.append(place[1:] == 0, True)
    hidden = (place % _HIDDEN_EVERY == 0) & (place > 0) & ~last_of_gop
    references = np.full((frames, 3), -1, np.int32)
    last = golden = alternative = 0
    for frame in range(frames):
        if place[frame] == 0:
            last = golden = alternative = frame
            continue
        references[frame] = last, golden, alternative
        if hidden[frame]:
            alternative = frame
            continue
        last = frame
        if frame + 1 < frames and hidden[frame + 1]:
            golden = frame
    return _Frames(place == 0, ~hidden, references)


def _inter_blocks(
    table: _Frames, grid: PatchGrid, blocks: int, patch_size: Float, random: np.random.Generator
) -> _Blocks:
    inter = np.flatnonzero(~table.key)
    shape = len(inter), grid.count, blocks * blocks
    choice = _references_chosen(shape, random)
    frame = table.references[inter[:, None, None], np.minimum(choice, 2)]
    distance = np.abs(inter[:, None, None] - frame)
    pan = random.normal(0, _PAN, (len(inter), 1, 1, 2))
    local = random.laplace(0, _LOCAL, (len(inter), grid.count, 1, 2))
    still = random.random((len(inter), grid.count, 1, 1)) < _STILL
    motion = np.where(still, 0.0, (pan + local) * distance[..., None])
    moved = np.rint(np.clip(motion, -_LONGEST, _LONGEST)) / patch_size
    place = np.broadcast_to(_places(grid, blocks), (len(inter), *shape[1:], 2))
    node = inter[:, None, None] * grid.count + np.arange(grid.count)[:, None]
    kept = choice < 3  # the others are intra
    return _Blocks(
        np.broadcast_to(node, shape)[kept], frame[kept], place[kept], moved[kept], 1 / blocks
    )


def _references_chosen(shape: tuple[int, int, int], random: np.random.Generator) -> Index:
    """0..2 for LAST, GOLDEN, ALTREF and 3 for intra, int64 [frames, patches, blocks]."""
    limits = np.cumsum(_REFERENCE_SHARE)
    of_patch = random.random((*shape[:2], 1))
    of_block = random.random(shape)
    follows = random.random(shape) < _SAME_REFERENCE
    return np.searchsorted(limits, np.where(follows, of_patch, of_block)).astype(np.int64)


def _places(grid: PatchGrid, blocks: int) -> Float:
    """Top and left of each block, in patches: float64 [P, blocks * blocks, 2]."""
    row, column = np.divmod(np.arange(grid.count), grid.columns)
    down, right = np.divmod(np.arange(blocks * blocks), blocks)
    top, left = row[:, None] + down / blocks, column[:, None] + right / blocks
    return np.stack([top, left], axis=-1)


def _weights(moving: _Blocks, grid: PatchGrid, frames: int) -> csr_array[np.float64]:
    """Area that each patch takes from each patch of its references, as a share of the latter."""
    most = np.array([grid.rows, grid.columns]) - moving.side
    place = np.clip(moving.place + moving.moved, 0, most)
    patch = np.floor(place + 1e-9).astype(np.int64)
    inside = np.clip(patch + 1 - place, 0, moving.side)  # of the block, down and across
    nodes = frames * grid.count
    parts = []
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        height = moving.side - inside[:, 0] if down else inside[:, 0]
        width = moving.side - inside[:, 1] if right else inside[:, 1]
        area = height * width
        kept = area > 1e-9
        source = (patch[:, 0] + down) * grid.columns + patch[:, 1] + right
        parts.append((area[kept], moving.node[kept], (moving.frame * grid.count + source)[kept]))
    area, row, column = (np.concatenate(column) for column in zip(*parts, strict=True))
    return csr_array((area, (row, column)), shape=(nodes, nodes))


def _heaviest(weights: csr_array[np.float64], edges: int | None) -> csr_array[np.float64]:
    if edges is None:
        return weights
    if weights.nnz < edges:
        raise ValueError(f"the graph has {weights.nnz} edges, fewer than {edges}")
    coordinates = weights.tocoo()
    kept = np.argsort(-coordinates.data, kind="stable")[:edges]
    row, column = coordinates.coords
    return csr_array((coordinates.data[kept], (row[kept], column[kept])), shape=weights.shape)


def _texture(table: _Frames, grid: PatchGrid, random: np.random.Generator) -> Float:
    shape = len(table.key), grid.count
    level = np.where(table.key, 30.0, np.where(table.shown, 1.0, 8.0))[:, None]
    texture = 500 * level * np.exp(random.normal(0, _TEXTURE_SPREAD, shape))
    flat = (random.random(shape) < _NO_TEXTURE) & (level == 1)
    return np.where(flat, 0.0, texture).ravel()

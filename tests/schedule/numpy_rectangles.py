"""Rectangles by gain per cost, everything summed and priced anew for each pick.

The truth that the native code is held against: it shares with it neither sums nor prices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from palantir.graph import ErrorGraph
from palantir.schedule.selection import TIE_TOLERANCE
from palantir.tiles import Tile, with_halo

_SIDES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
Networks = Sequence[tuple[int, int]]  # halo and price of each, the best one last


def moves(
    graph: ErrorGraph, networks: Networks, remaining: NDArray[np.float64] | None = None
) -> Iterator[tuple[list[int], int, NDArray[np.float64]]]:
    """Nodes that change over, to which network (from 1 on), and what each patch then gains.

    remaining  float64 [N], the error of a node in any network but the last
    """
    grid, many = graph.grid, len(networks)
    left = np.zeros((many, graph.nodes))
    if remaining is not None:
        left[:-1] = remaining
    edges = [(*rows, *columns) for rows in _spans(grid.rows) for columns in _spans(grid.columns)]
    inside = np.array([_patches(edge, grid.rows, grid.columns) for edge in edges])  # [R, P]
    alone = np.array([
        [[_cost(graph, size, edge, network) for edge in edges] for size in graph.frames.sizes]
        for network in networks
    ], np.float64)  # fmt: skip
    tier = np.zeros(graph.nodes, np.int64)
    tiles: list[list[tuple[int, int]]] = [[] for _ in graph.frames.sizes]  # network, rectangle
    while True:
        anchors = np.flatnonzero(tier)
        kept = left[tier - 1, np.arange(graph.nodes)]
        gains = (graph.errors(anchors, kept) - left) * graph.influence(anchors)
        lower = np.arange(1, many + 1)[:, None] > tier
        each = np.where(lower, gains, 0.0).reshape(many, -1, grid.count)
        barred = ~(tier <= np.arange(1, many + 1)[:, None]).reshape(each.shape)
        sums = np.where(barred @ inside.T, 0.0, each @ inside.T)
        ratio = (sums / _prices(alone, tiles, inside)).ravel()
        if not ratio.max() > 0:
            return
        first = int(np.argmax(ratio >= ratio.max() * (1 - TIE_TOLERANCE)))
        k, t, place = (int(i) for i in np.unravel_index(first, sums.shape))
        order = [t * grid.count + p for p in _compact(each[k, t], edges[place], grid.columns)]
        nodes = [node for node in order if tier[node] <= k]
        within = (inside <= inside[place]).all(axis=1)
        tiles[t] = [tile for tile in tiles[t] if not within[tile[1]]] + [(k, place)]
        tier[nodes] = k + 1
        yield nodes, k + 1, each[k].ravel()


def _spans(length: int) -> Iterator[tuple[int, int]]:
    for side in [*(side for side in _SIDES if side < length), length]:
        for start in range(length - side + 1):
            yield start, start + side


def _patches(edge: tuple[int, ...], rows: int, columns: int) -> NDArray[np.bool_]:
    patches = np.zeros((rows, columns), np.bool_)
    patches[edge[0] : edge[1], edge[2] : edge[3]] = True
    return patches.ravel()


def _cost(
    graph: ErrorGraph, size: tuple[int, int], edge: tuple[int, ...], network: tuple[int, int]
) -> int:
    rows, columns = graph.grid.row_edges(size[1]), graph.grid.column_edges(size[0])
    top, bottom, left, right = edge
    tile = Tile(int(columns[left]), int(rows[top]), int(columns[right]), int(rows[bottom]))
    return network[1] * with_halo(tile, network[0], *size).pixels


def _prices(
    alone: NDArray[np.float64], tiles: list[list[tuple[int, int]]], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Of all rectangles, [K, T, R]: less what the tiles within them have cost."""
    prices = alone.copy()
    for t, run in enumerate(tiles):
        for k, tile in run:
            prices[k:, t, (inside >= inside[tile]).all(axis=1)] -= alone[k, t, tile]
    return np.maximum(prices, 1)


def _compact(gains: NDArray[np.float64], edge: tuple[int, ...], columns: int) -> Iterator[int]:
    top, bottom, left, right = edge
    rows = gains.reshape(-1, columns)[top:bottom, left:right]
    for row in _outwards([float(sum(row)) for row in rows]):
        for column in _outwards(rows[row].tolist()):
            yield (top + row) * columns + left + column


def _outwards(gain: list[float]) -> list[int]:
    """From the best place on always to the better neighbour; of equal ones to the one before."""
    first = stop = gain.index(max(gain))
    order: list[int] = []
    while len(order) < len(gain):
        if stop < len(gain) and (not order or first == 0 or gain[stop] > gain[first - 1]):
            order.append(stop)
            stop += 1
        else:
            first -= 1
            order.append(first)
    return order

"""Error graphs that lack one of their two parts, to see what it is worth (paper, section 6.4).

Anchors are picked on the ablated graph and judged on the true one.

Example, two frames of two patches, then a key frame; textures 7 3 2 5 4 6, and both patches of
frame 1 depend on patch 0 with weights 0.5 and 0.25:

    without_weight   2 depends on 0 and 3 on 1, both with weight 1; the key frame on nothing;
                     textures 7 3 2 5 4 6, as long as it is not known what the errors are without
                     anchors
    without_texture  weights 0.5 and 0.25 from patch 0; textures 1 1 1 1 1 1, as long as it is not
                     known what the errors are without anchors
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from palantir.graph.error_graph import ErrorGraph

__all__ = ["without_texture", "without_weight"]


def without_weight(graph: ErrorGraph) -> ErrorGraph:
    """The same frames and textures; no motion is known.

    Every patch depends on the same patch of the previous coded frame, and on nothing in key
    frames, intra-only frames and the first frame. The weight is 1: it is wholly predicted from
    there. Where errors without anchors are known, they stay: the weight is what of a patch's error
    is not texture, as a share of the other's.
    """
    from scipy.sparse import csr_array  # slow to import; whoever has a graph has it already

    patches = graph.grid.count
    inter = ~(graph.frames.key | graph.frames.intra_only)
    inter[:1] = False
    rows = np.flatnonzero(np.repeat(inter, patches))
    weight, texture, unaided = np.ones(len(rows)), graph.texture, graph.unaided
    if unaided is not None:
        weight = np.maximum(unaided - texture, 0)[rows] / unaided[rows - patches]
        texture = unaided.copy()
        texture[rows] = graph.texture[rows]
    weights = csr_array((weight, (rows, rows - patches)), shape=(graph.nodes, graph.nodes))
    return replace(graph, texture=texture, weights=weights)


def without_texture(graph: ErrorGraph) -> ErrorGraph:
    """The same frames and weights, all textures 1.

    Where errors without anchors are known, it is these that all become 1: what of a patch's error
    arises in it and what comes from elsewhere stay the shares of it that they are.
    """
    if graph.unaided is None:
        return replace(graph, texture=np.ones(graph.nodes))
    weights, unaided = graph.weights.copy(), graph.unaided
    rows = np.repeat(np.arange(graph.nodes), np.diff(weights.indptr))
    weights.data *= unaided[weights.indices] / unaided[rows]
    texture = graph.texture / unaided
    return replace(graph, texture=texture, weights=weights, unaided=np.ones(graph.nodes))

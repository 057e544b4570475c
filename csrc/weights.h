// Reference weights: how much of each patch's error a later patch takes over (docs/method.md).
#pragma once

#include <cstdint>
#include <vector>

#include "coded_frame.h"
#include "edge_sums.h"
#include "patch_grid.h"

namespace palantir {

struct PatchWeights {
  // An edge's weight is luma pixels of (reference, source) that blocks of `patch` refer to, over
  // all pixels of the source patch; a pixel of a compound block counts half for each reference.
  std::vector<Edge> edges;            // sorted by (patch, reference, source), each at most once
  std::vector<int64_t> intra_pixels;  // luma pixels of a patch that reuse cannot reach
};

// Blocks are cut exactly at patch borders (patch_parts.h).
// Throws std::invalid_argument if the grid does not fit the frame.
PatchWeights measure_weights(const CodedFrame& frame, const PatchGrid& grid);

}  // namespace palantir

// Reference weights: how much of each patch's error a later patch takes over (docs/method.md).
#pragma once

#include <cstdint>
#include <vector>

#include "coded_frame.h"
#include "patch_grid.h"

namespace palantir {

// `weight` is luma pixels of (reference, source) that blocks of `patch` refer to, over all pixels
// of the source patch; a pixel of a compound block counts half for each of its two references.
struct Edge {
  int32_t patch;      // dependent patch of this frame
  int32_t reference;  // coded-frame index, earlier than this frame
  int32_t source;     // patch of the reference
  double weight;
};

struct PatchWeights {
  std::vector<Edge> edges;             // sorted by (patch, reference, source), each at most once
  std::vector<int64_t> intra_pixels;   // luma pixels of a patch that reuse cannot reach
};

// Blocks are cut exactly at patch borders. The fraction of a motion vector is dropped (rounded
// down, as the codec addresses pixels); positions outside the reference are clamped to its edge.
// Blocks with a reference of another size count as intra.
// Throws std::invalid_argument if the grid does not fit the frame.
PatchWeights measure_weights(const CodedFrame& frame, const PatchGrid& grid);

}  // namespace palantir

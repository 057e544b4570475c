// Texture complexity of each patch: the energy that halving and doubling loses of what reuse
// upscales, the residual of inter blocks and the content of intra blocks (docs/method.md).
#pragma once

#include <vector>

#include "coded_frame.h"
#include "patch_grid.h"

namespace palantir {

// Squared grey levels of the stream's own bit depth, all planes, one value a patch in row-major
// order. Halving is a 2x2 mean, doubling bilinear; a block's edge is replicated.
// Throws std::invalid_argument if the grid does not fit the frame.
std::vector<double> measure_texture(const CodedFrame& frame, const PatchGrid& grid);

}  // namespace palantir

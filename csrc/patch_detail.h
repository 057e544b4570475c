// What a frame's patches could gain from detail, and what references bring of it (docs/method.md,
// error models).
#pragma once

#include <vector>

#include "coded_frame.h"
#include "edge_sums.h"
#include "patch_grid.h"

namespace palantir {

// Energies in squared grey levels of 8 bits, luma only.
struct PatchDetail {
  std::vector<double> energy;   // [patches] of the fine detail that LR shows, above 0
  std::vector<double> missing;  // [patches] of it, what no reference can bring
  std::vector<Edge> edges;      // sorted; weight: of it, what this source can bring
};

// Fine detail is what a pixel has over the mean of the 3x3 about it; of each pixel at least 1/81
// counts. A reference brings as much of it as there is confidence, with `fade`, in the prediction.
// Spots of 2x2 pixels are the smallest parts; each is in the patch of its first pixel.
// The frame has its full trace. Throws std::invalid_argument if the grid does not fit the frame.
PatchDetail measure_detail(const CodedFrame& frame, const PatchGrid& grid, double fade);

}  // namespace palantir

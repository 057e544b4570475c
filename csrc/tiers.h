// Two networks, a light one and a large one: which patches go through which (docs/method.md,
// tiers).
//
// A pure function of its arguments: any thread may call, nothing is kept.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "error_graph.h"
#include "rectangles.h"
#include "select.h"

namespace palantir {

struct TierSelection {
  std::vector<std::int64_t> order;  // a node may come twice, for the light network first
  std::vector<std::uint8_t> light;  // whether for the light network
  std::vector<double> gain;
  double objective;  // at the end
};

// Picks until nothing gains or the next would cost too much.
//
// networks   light, large
// price      of an LR pixel of the light one, by which candidates are compared
// remaining  [nodes], the error of a node once it has gone through the light one
// allowed    multiply-accumulates that all merged tiles may cost, at most 2^62; no more may a frame
//
// Arguments must have passed fault(). Throws std::invalid_argument as Rectangles does.
TierSelection select_tiers(const GraphView& graph, const PatchGrid& grid,
                           const std::vector<FrameSize>& frames,
                           const std::array<NetworkTier, 2>& networks, std::int64_t price,
                           const double* remaining, std::int64_t allowed,
                           const KeepGoing& keep_going = {});

}  // namespace palantir

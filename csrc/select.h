// Exact greedy anchor selection on an error graph (docs/method.md, exact gains).
//
// Everything here is a pure function of its arguments: any thread may call, nothing is kept.
// Memory is the only thing that can fail (std::bad_alloc); arguments must have passed fault().
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "error_graph.h"
#include "rectangles.h"

namespace palantir {

struct Selection {
  std::vector<std::int64_t> order;
  std::vector<double> gain;   // drop of the objective by each pick
  std::vector<double> total;  // objective before any pick and after each; counts the tail
};

// Gains this near to the best one, relatively, count as tied; the smallest node index wins.
// The rule and its reason: palantir/schedule/selection.py.
inline constexpr double kTieTolerance = 1e-9;

// Asked before each pick; false ends the work with the picks done so far. Empty: never asked.
using KeepGoing = std::function<bool()>;

// The objective before any pick and after each of order[picks], which holds valid nodes.
std::vector<double> objectives(const GraphView& graph, const std::int64_t* order,
                               std::int64_t picks, const KeepGoing& keep_going = {});

// Picks min(count, nodes) anchors, each the one of largest gain = error * influence.
Selection select_adjoint(const GraphView& graph, std::int64_t count,
                         const KeepGoing& keep_going = {});

// Picks min(count, nodes) anchors, rectangles of patches by gain per pixel that a network with so
// much halo computes. The graph's nodes are the patches of frames of these sizes. Throws
// std::invalid_argument as Rectangles does.
Selection select_gain_per_cost(const GraphView& graph, const PatchGrid& grid,
                               const std::vector<FrameSize>& frames, std::int64_t halo,
                               std::int64_t count, const KeepGoing& keep_going = {});

}  // namespace palantir

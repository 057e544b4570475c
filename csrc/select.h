// Exact errors, influences and greedy anchor selection on an error graph (docs/method.md).
//
// Everything here is a pure function of its arguments: any thread may call, nothing is kept.
// Memory is the only thing that can fail (std::bad_alloc); arguments must have passed fault().
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace palantir {

// The caller's arrays, borrowed for the length of a call. Rows are nodes in decode order and
// name the nodes they take error from, so one pass downwards settles all errors.
struct GraphView {
  std::int64_t nodes;
  const std::int64_t* row_start;  // [nodes + 1]
  const std::int32_t* reference;  // [row_start[nodes]], each below its row
  const double* weight;           // [row_start[nodes]]
  const double* texture;          // [nodes]
  const std::uint8_t* shown;      // [nodes], of the node's frame
};

struct Selection {
  std::vector<std::int64_t> order;
  std::vector<double> gain;   // drop of the objective by each pick
  std::vector<double> total;  // objective before any pick and after each
};

// Gains this near to the best one, relatively, count as tied; the smallest node index wins.
// The rule and its reason: palantir/schedule/selection.py.
inline constexpr double kTieTolerance = 1e-9;

// What makes the graph unusable, in words, or nullptr. `edges` is the length of the edge arrays.
// Sums may still overflow to infinity; no function here then reads or writes outside its arrays.
const char* fault(const GraphView& graph, std::int64_t edges);

// error[nodes] for a given anchor set, anchor[nodes] being 0 or 1.
void sweep_errors(const GraphView& graph, const std::uint8_t* anchor, double* error);

// influence[nodes]: rise of the objective per unit of error in each node.
void sweep_influence(const GraphView& graph, const std::uint8_t* anchor, double* influence);

// Asked before each pick; false ends the work with the picks done so far. Empty: never asked.
using KeepGoing = std::function<bool()>;

// The objective before any pick and after each of order[picks], which holds valid nodes.
std::vector<double> objectives(const GraphView& graph, const std::int64_t* order,
                               std::int64_t picks, const KeepGoing& keep_going = {});

// Picks min(count, nodes) anchors, each the one of largest gain = error * influence.
Selection select_adjoint(const GraphView& graph, std::int64_t count,
                         const KeepGoing& keep_going = {});

}  // namespace palantir

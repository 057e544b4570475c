// The error graph as plain arrays, and the two sweeps over it (docs/method.md, error graph).
//
// Everything here is a pure function of its arguments: any thread may call, nothing is kept.
#pragma once

#include <cstdint>

namespace palantir {

constexpr std::int64_t kMaxNodes = std::int64_t{1} << 27;  // as many as a cache profile holds

// The caller's arrays, borrowed for the length of a call. Rows are nodes in decode order and
// name the nodes they take error from, so one pass downwards settles all errors.
struct GraphView {
  std::int64_t nodes;             // at most kMaxNodes
  const std::int64_t* row_start;  // [nodes + 1]
  const std::int32_t* reference;  // [row_start[nodes]], each below its row
  const double* weight;           // [row_start[nodes]]
  const double* texture;          // [nodes]
  const std::uint8_t* shown;      // [nodes], of the node's frame
  const double* tail = nullptr;   // [nodes], what a unit of error costs beyond the graph; or none

  // What a unit of error in the node costs by itself.
  double own_cost(std::int64_t node) const {
    return (shown[node] ? 1.0 : 0.0) + (tail ? tail[node] : 0.0);
  }
};

// What makes the graph unusable, in words, or nullptr. `edges` is the length of the edge arrays.
// Sums may still overflow to infinity; no function then reads or writes outside its arrays, but
// picks mean nothing and may repeat.
const char* fault(const GraphView& graph, std::int64_t edges);

// error[nodes] for a given anchor set, anchor[nodes] being 0 or 1. remaining[nodes]: what error an
// anchor is left with; null: none.
void sweep_errors(const GraphView& graph, const std::uint8_t* anchor, double* error,
                  const double* remaining = nullptr);

// influence[nodes]: rise of the objective per unit of error in each node.
void sweep_influence(const GraphView& graph, const std::uint8_t* anchor, double* influence);

}  // namespace palantir

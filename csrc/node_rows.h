// The edges of a graph as one row a node, in either direction.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "error_graph.h"

namespace palantir {

// A node's edges stand together, in groups of kGroup: one short loop, nearly always as long, is
// faster than one for every length. The last group is filled up with edges of weight 0 to
// `nothing`, a node after the last.
class NodeRows {
 public:
  static constexpr int kGroup = 4;

  // For each node, the nodes it takes error from, in the order of the graph.
  static NodeRows references(const GraphView& graph) {
    return NodeRows(graph, [](std::int32_t taker, std::int32_t) { return taker; },
                    [](std::int32_t, std::int32_t reference) { return reference; });
  }
  // For each node, the nodes that take error from it, in the order of decoding.
  static NodeRows takers(const GraphView& graph) {
    return NodeRows(graph, [](std::int32_t, std::int32_t reference) { return reference; },
                    [](std::int32_t taker, std::int32_t) { return taker; });
  }

  std::int64_t nodes() const { return static_cast<std::int64_t>(start_.size()) - 1; }

  // Calls visit(other, weight) for each edge of the node, edges to `nothing` too.
  template <class Visit>
  void each(std::int64_t node, const Visit& visit) const {
    for (std::int64_t edge = start_[node]; edge < start_[node + 1]; edge += kGroup) {
      const std::int32_t* other = other_.data() + edge;
      const double* weight = weight_.data() + edge;
      for (int i = 0; i < kGroup; ++i) visit(other[i], weight[i]);
    }
  }

  std::int64_t largest_row() const {
    std::int64_t largest = 0;
    for (std::int64_t node = 0; node < nodes(); ++node) {
      largest = std::max(largest, start_[node + 1] - start_[node]);
    }
    return largest;
  }

 private:
  template <class Row, class Other>
  NodeRows(const GraphView& graph, const Row& row_of, const Other& other_of)
      : start_(graph.nodes + 1, 0) {
    each_edge(graph, [&](std::int32_t taker, std::int64_t edge) {
      ++start_[row_of(taker, graph.reference[edge]) + 1];
    });
    for (std::int64_t node = 0; node < graph.nodes; ++node) {
      const std::int64_t padded = (start_[node + 1] + kGroup - 1) / kGroup * kGroup;
      start_[node + 1] = start_[node] + padded;
    }
    other_.assign(start_[graph.nodes], static_cast<std::int32_t>(graph.nodes));
    weight_.assign(start_[graph.nodes], 0.0);
    std::vector<std::int64_t> next(start_.begin(), start_.end() - 1);
    each_edge(graph, [&](std::int32_t taker, std::int64_t edge) {
      const std::int32_t reference = graph.reference[edge];
      const std::int64_t place = next[row_of(taker, reference)]++;
      other_[place] = other_of(taker, reference);
      weight_[place] = graph.weight[edge];
    });
  }

  template <class Visit>
  static void each_edge(const GraphView& graph, const Visit& visit) {
    for (std::int64_t node = 0; node < graph.nodes; ++node) {
      for (std::int64_t edge = graph.row_start[node]; edge < graph.row_start[node + 1]; ++edge) {
        visit(static_cast<std::int32_t>(node), edge);
      }
    }
  }

  std::vector<std::int64_t> start_;   // [nodes + 1]
  std::vector<std::int32_t> other_;  // [start_[nodes]]
  std::vector<double> weight_;       // [start_[nodes]]
};

}  // namespace palantir

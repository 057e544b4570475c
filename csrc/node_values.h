// Errors, influences and gains of all nodes, brought up to date after a batch of picks.
//
// Values are summed anew in full from what they depend on, never corrected by differences, and only
// where something they depend on has changed. Memory is the only thing that can fail.
#pragma once

#include <cstdint>
#include <vector>

#include "error_graph.h"
#include "node_rows.h"
#include "node_set.h"

namespace palantir {

class NodeValues {
 public:
  explicit NodeValues(const GraphView& graph);  // borrowed

  // Of `nothing`, the node after the last, too: 0.
  double error(std::int64_t node) const { return error_[node]; }
  double influence(std::int64_t node) const { return influence_[node]; }
  // 0 or more; below 0 for anchors.
  const std::vector<double>& gains() const { return gain_; }
  bool is_anchor(std::int64_t node) const { return gain_[node] < 0; }
  double objective() const;

  // Makes the node an anchor. The values of others are right again after settle().
  void pick(std::int64_t node);
  void settle();

  const GraphView& graph;
  const NodeRows references, takers;

 private:
  void change_error(std::int64_t node, double value);
  void change_influence(std::int64_t node, double value);
  void note_gain(std::int64_t node);

  std::vector<double> error_, influence_;  // [nodes + 1]
  std::vector<double> gain_;               // [nodes]
  NodeSet changed_errors_, changed_influences_;
};

}  // namespace palantir

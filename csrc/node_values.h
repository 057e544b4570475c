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

  // Makes the node an anchor, with so much error left; it may be one already. The values of others
  // are right again after settle().
  void pick(std::int64_t node, double remaining = 0.0);
  // Calls changed(node, rose) for nodes whose error or influence is another one now, whether the
  // error rose, and for anchors whose influence may be.
  template <class Changed>
  void settle(const Changed& changed);
  void settle() {
    settle([](std::int64_t, bool) {});
  }

  // What a unit of error in the node costs, anchor or not; influence() is what error costs that
  // comes to it from elsewhere, 0 for anchors.
  double cost_of_error(std::int64_t node) const {
    double sum = graph.own_cost(node);
    takers.each(node, [&](auto other, double weight) { sum += weight * influence_[other]; });
    return sum;
  }

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

template <class Changed>
void NodeValues::settle(const Changed& changed) {
  changed_errors_.drain_upwards(graph.nodes - 1, [&](std::int64_t node) {
    if (is_anchor(node)) return;
    double sum = graph.texture[node];
    references.each(node, [&](auto other, double weight) { sum += weight * error_[other]; });
    if (sum == error_[node]) return;
    changed(node, !(sum < error_[node]));
    change_error(node, sum);
  });
  changed_influences_.drain_downwards([&](std::int64_t node) {
    if (node == graph.nodes) return;
    if (is_anchor(node)) {
      changed(node, false);
      return;
    }
    const double sum = cost_of_error(node);
    if (sum == influence_[node]) return;
    changed(node, false);
    change_influence(node, sum);
  });
}

}  // namespace palantir

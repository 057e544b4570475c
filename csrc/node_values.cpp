#include "node_values.h"

namespace palantir {

NodeValues::NodeValues(const GraphView& view)
    : graph(view), references(NodeRows::references(view)), takers(NodeRows::takers(view)),
      error_(view.nodes + 1, 0.0), influence_(view.nodes + 1, 0.0), gain_(view.nodes, 0.0),
      changed_errors_(view.nodes), changed_influences_(view.nodes) {
  const std::vector<std::uint8_t> no_anchors(view.nodes, 0);
  sweep_errors(graph, no_anchors.data(), error_.data());
  sweep_influence(graph, no_anchors.data(), influence_.data());
  for (std::int64_t node = 0; node < graph.nodes; ++node) note_gain(node);
}

double NodeValues::objective() const {
  double sum = 0.0;
  for (std::int64_t node = 0; node < graph.nodes; ++node) {
    sum += graph.own_cost(node) * error_[node];
  }
  return sum;
}

void NodeValues::pick(std::int64_t node, double remaining) {
  change_error(node, remaining);
  change_influence(node, 0.0);
  gain_[node] = -1.0;
}

void NodeValues::change_error(std::int64_t node, double value) {
  error_[node] = value;
  note_gain(node);
  takers.each(node, [&](auto other, double) { changed_errors_.add(other); });
}

void NodeValues::change_influence(std::int64_t node, double value) {
  influence_[node] = value;
  note_gain(node);
  references.each(node, [&](auto other, double) { changed_influences_.add(other); });
}

// An infinity times 0 gains nothing.
void NodeValues::note_gain(std::int64_t node) {
  const double gain = error_[node] * influence_[node];
  gain_[node] = gain > 0 ? gain : 0.0;
}

}  // namespace palantir

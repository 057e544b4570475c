// Greedy selection with exact gains. After a pick only the errors of nodes that depend on it and
// the influences of nodes it depends on can change; those are computed anew in full, never
// corrected by differences, so the result has the same bits as two whole sweeps a pick.
#include "select.h"

#include <algorithm>
#include <cstddef>

namespace palantir {
namespace {

using Node = std::int64_t;

double error_of(const GraphView& graph, Node node, const double* error) {
  double sum = graph.texture[node];
  for (Node edge = graph.row_start[node]; edge < graph.row_start[node + 1]; ++edge) {
    sum += graph.weight[edge] * error[graph.reference[edge]];
  }
  return sum;
}

double objective(const GraphView& graph, const std::vector<double>& error) {
  double sum = 0.0;
  for (Node node = 0; node < graph.nodes; ++node) {
    sum += graph.shown[node] ? error[node] : 0.0;
  }
  return sum;
}

// The graph by columns: for each node those that take error from it, in rising order.
class Dependents {
 public:
  explicit Dependents(const GraphView& graph) : start_(graph.nodes + 1, 0) {
    const Node edges = graph.row_start[graph.nodes];
    dependent_.resize(edges);
    weight_.resize(edges);
    for (Node edge = 0; edge < edges; ++edge) ++start_[graph.reference[edge] + 1];
    for (Node node = 0; node < graph.nodes; ++node) start_[node + 1] += start_[node];
    std::vector<Node> next(start_.begin(), start_.end() - 1);
    for (Node node = 0; node < graph.nodes; ++node) {
      for (Node edge = graph.row_start[node]; edge < graph.row_start[node + 1]; ++edge) {
        const Node place = next[graph.reference[edge]]++;
        dependent_[place] = static_cast<std::int32_t>(node);
        weight_[place] = graph.weight[edge];
      }
    }
  }

  Node begin(Node node) const { return start_[node]; }
  Node end(Node node) const { return start_[node + 1]; }
  Node dependent(Node edge) const { return dependent_[edge]; }

  // Errors stop at anchors, so what would flow into one does not count.
  double influence_of(const GraphView& graph, Node node, const std::uint8_t* anchor,
                        const double* influence) const {
    double sum = graph.shown[node] ? 1.0 : 0.0;
    for (Node edge = begin(node); edge < end(node); ++edge) {
      const Node to = dependent_[edge];
      if (!anchor[to]) sum += weight_[edge] * influence[to];
    }
    return sum;
  }

 private:
  std::vector<Node> start_;
  std::vector<std::int32_t> dependent_;
  std::vector<double> weight_;
};

// Errors, and on request influences, kept true while nodes become anchors one by one.
class AnchorState {
 public:
  explicit AnchorState(const GraphView& graph)
      : graph_(graph),
        dependents_(graph),
        anchor_(graph.nodes, 0),
        stale_(graph.nodes, 0),
        error_(graph.nodes) {
    sweep_errors(graph, anchor_.data(), error_.data());
  }

  const std::vector<double>& error() const { return error_; }
  bool is_anchor(Node node) const { return anchor_[node] != 0; }

  void make_anchor(Node picked) {
    anchor_[picked] = 1;
    error_[picked] = 0.0;
    Node last = mark_dependents(picked, picked);
    for (Node node = picked + 1; node <= last; ++node) {
      if (!stale_[node]) continue;
      stale_[node] = 0;
      if (anchor_[node]) continue;
      const double fresh = error_of(graph_, node, error_.data());
      if (fresh == error_[node]) continue;
      error_[node] = fresh;
      last = mark_dependents(node, last);
    }
  }

  // Call after make_anchor(picked). An anchor's own influence reaches no further back.
  void update_influence(Node picked, std::vector<double>& influence) {
    Node first = mark_references(picked, picked);
    for (Node node = picked - 1; node >= first; --node) {
      if (!stale_[node]) continue;
      stale_[node] = 0;
      const double fresh =
          dependents_.influence_of(graph_, node, anchor_.data(), influence.data());
      if (fresh == influence[node]) continue;
      influence[node] = fresh;
      if (!anchor_[node]) first = mark_references(node, first);
    }
  }

  std::vector<double> influence() const {
    std::vector<double> result(graph_.nodes);
    sweep_influence(graph_, anchor_.data(), result.data());
    return result;
  }

 private:
  Node mark_dependents(Node node, Node last) {
    for (Node edge = dependents_.begin(node); edge < dependents_.end(node); ++edge) {
      stale_[dependents_.dependent(edge)] = 1;
      last = std::max(last, dependents_.dependent(edge));
    }
    return last;
  }

  Node mark_references(Node node, Node first) {
    for (Node edge = graph_.row_start[node]; edge < graph_.row_start[node + 1]; ++edge) {
      stale_[graph_.reference[edge]] = 1;
      first = std::min<Node>(first, graph_.reference[edge]);
    }
    return first;
  }

  const GraphView& graph_;
  Dependents dependents_;
  std::vector<std::uint8_t> anchor_;
  std::vector<std::uint8_t> stale_;  // all 0 between calls
  std::vector<double> error_;
};

// At least one node must not be an anchor yet.
Node best_node(const AnchorState& state, const std::vector<double>& influence) {
  const std::vector<double>& error = state.error();
  const Node nodes = static_cast<Node>(error.size());
  double best = 0.0;
  for (Node node = 0; node < nodes; ++node) {
    best = std::max(best, error[node] * influence[node]);
  }
  const double enough = best - kTieTolerance * best;
  Node node = 0;
  while (state.is_anchor(node) || error[node] * influence[node] < enough) ++node;
  return node;
}

}  // namespace

const char* fault(const GraphView& graph, std::int64_t edges) {
  if (graph.row_start[0] != 0) return "the first row does not start at 0";
  if (graph.row_start[graph.nodes] != edges) return "the rows do not end where the edges do";
  for (Node node = 0; node < graph.nodes; ++node) {
    if (!(graph.texture[node] >= 0)) return "a texture is negative or not a number";
    const Node end = graph.row_start[node + 1];
    if (end < graph.row_start[node] || end > edges) return "row starts do not rise";
    for (Node edge = graph.row_start[node]; edge < end; ++edge) {
      if (graph.reference[edge] < 0) return "a reference is negative";
      if (graph.reference[edge] >= node) return "a reference is not before its row";
      if (!(graph.weight[edge] >= 0)) return "a weight is negative or not a number";
    }
  }
  return nullptr;
}

void sweep_errors(const GraphView& graph, const std::uint8_t* anchor, double* error) {
  for (Node node = 0; node < graph.nodes; ++node) {
    error[node] = anchor[node] ? 0.0 : error_of(graph, node, error);
  }
}

void sweep_influence(const GraphView& graph, const std::uint8_t* anchor, double* influence) {
  const Dependents dependents(graph);
  for (Node node = graph.nodes - 1; node >= 0; --node) {
    influence[node] = dependents.influence_of(graph, node, anchor, influence);
  }
}

std::vector<double> objectives(const GraphView& graph, const std::int64_t* order,
                               std::int64_t picks, const KeepGoing& keep_going) {
  AnchorState state(graph);
  std::vector<double> total{objective(graph, state.error())};
  total.reserve(static_cast<std::size_t>(picks) + 1);
  for (std::int64_t pick = 0; pick < picks && (!keep_going || keep_going()); ++pick) {
    state.make_anchor(order[pick]);
    total.push_back(objective(graph, state.error()));
  }
  return total;
}

Selection select_adjoint(const GraphView& graph, std::int64_t count,
                         const KeepGoing& keep_going) {
  AnchorState state(graph);
  std::vector<double> influence = state.influence();
  Selection selection;
  selection.total.push_back(objective(graph, state.error()));
  const Node picks = std::clamp<Node>(count, 0, graph.nodes);
  for (Node pick = 0; pick < picks && (!keep_going || keep_going()); ++pick) {
    const Node node = best_node(state, influence);
    selection.order.push_back(node);
    selection.gain.push_back(state.error()[node] * influence[node]);
    state.make_anchor(node);
    state.update_influence(node, influence);
    selection.total.push_back(objective(graph, state.error()));
  }
  return selection;
}

}  // namespace palantir

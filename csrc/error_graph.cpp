#include "error_graph.h"

namespace palantir {

const char* fault(const GraphView& graph, std::int64_t edges) {
  if (graph.nodes > kMaxNodes) return "more than 2^27 nodes";
  if (graph.row_start[0] != 0) return "the first row does not start at 0";
  if (graph.row_start[graph.nodes] != edges) return "the rows do not end where the edges do";
  for (std::int64_t node = 0; node < graph.nodes; ++node) {
    if (!(graph.texture[node] >= 0)) return "a texture is negative or not a number";
    if (graph.tail && !(graph.tail[node] >= 0)) return "a tail is negative or not a number";
    const std::int64_t end = graph.row_start[node + 1];
    if (end < graph.row_start[node] || end > edges) return "row starts do not rise";
    for (std::int64_t edge = graph.row_start[node]; edge < end; ++edge) {
      if (graph.reference[edge] < 0) return "a reference is negative";
      if (graph.reference[edge] >= node) return "a reference is not before its row";
      if (!(graph.weight[edge] >= 0)) return "a weight is negative or not a number";
    }
  }
  return nullptr;
}

void sweep_errors(const GraphView& graph, const std::uint8_t* anchor, double* error,
                  const double* remaining) {
  for (std::int64_t node = 0; node < graph.nodes; ++node) {
    double sum = graph.texture[node];
    for (std::int64_t edge = graph.row_start[node]; edge < graph.row_start[node + 1]; ++edge)
      sum += graph.weight[edge] * error[graph.reference[edge]];
    error[node] = !anchor[node] ? sum : remaining ? remaining[node] : 0.0;
  }
}

// Every node hands its influence on to the nodes it takes error from; an anchor takes none.
void sweep_influence(const GraphView& graph, const std::uint8_t* anchor, double* influence) {
  for (std::int64_t node = 0; node < graph.nodes; ++node) influence[node] = graph.own_cost(node);
  for (std::int64_t node = graph.nodes; node-- > 0;) {
    if (anchor[node]) continue;
    for (std::int64_t edge = graph.row_start[node]; edge < graph.row_start[node + 1]; ++edge)
      influence[graph.reference[edge]] += graph.weight[edge] * influence[node];
  }
}

}  // namespace palantir

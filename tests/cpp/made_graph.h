// Error graphs made up for tests, and greedy selection on them in the plainest form.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "error_graph.h"
#include "select.h"

struct Graph {
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> reference;
  std::vector<double> weight;
  std::vector<double> texture;
  std::vector<std::uint8_t> shown;

  void add_node(double node_texture, bool node_shown,
                const std::vector<std::pair<int, double>>& references) {
    texture.push_back(node_texture);
    shown.push_back(node_shown ? 1 : 0);
    for (const auto& [node, value] : references) {
      reference.push_back(node);
      weight.push_back(value);
    }
    row_start.push_back(static_cast<std::int64_t>(reference.size()));
  }

  palantir::GraphView view() const {
    return {static_cast<std::int64_t>(texture.size()), row_start.data(), reference.data(),
            weight.data(), texture.data(), shown.data()};
  }

  std::int64_t edges() const { return static_cast<std::int64_t>(reference.size()); }
};

// Patches of frames that look at one to three earlier frames, near the same place; whole numbers
// on request, so that ties abound.
inline Graph video_graph(std::mt19937& random, int frames, int patches, int degree, bool whole) {
  std::uniform_real_distribution<double> unit;
  const auto number = [&] { return whole ? std::floor(3 * unit(random)) : unit(random); };
  Graph graph;
  for (int frame = 0; frame < frames; ++frame) {
    const bool shown = unit(random) < 0.9;
    for (int patch = 0; patch < patches; ++patch) {
      std::set<int> sources;
      for (int edge = 0; edge < degree && frame > 0; ++edge) {
        const int back = 1 + static_cast<int>(3 * unit(random));
        const int near = std::clamp(patch + static_cast<int>(5 * unit(random)) - 2, 0, patches - 1);
        sources.insert(std::max(frame - back, 0) * patches + near);
      }
      std::vector<std::pair<int, double>> references;
      for (const int source : sources) references.emplace_back(source, number() / degree);
      graph.add_node(number(), shown, references);
    }
  }
  return graph;
}

// Greedy by two whole sweeps a pick, with the same rule for ties.
inline std::vector<std::int64_t> greedy_by_sweeps(const Graph& graph, int picks) {
  const std::size_t nodes = graph.texture.size();
  std::vector<std::uint8_t> anchor(nodes, 0);
  std::vector<double> error(nodes), influence(nodes);
  std::vector<std::int64_t> order;
  for (int pick = 0; pick < picks; ++pick) {
    palantir::sweep_errors(graph.view(), anchor.data(), error.data());
    palantir::sweep_influence(graph.view(), anchor.data(), influence.data());
    double best = 0.0;
    for (std::size_t v = 0; v < nodes; ++v) best = std::max(best, error[v] * influence[v]);
    std::size_t v = 0;
    while (anchor[v] || error[v] * influence[v] < best - palantir::kTieTolerance * best) ++v;
    anchor[v] = 1;
    order.push_back(static_cast<std::int64_t>(v));
  }
  return order;
}

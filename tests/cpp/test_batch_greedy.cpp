// Greedy in batches: condensed graphs stand for the whole one, and picks are those of whole sweeps.
#include "batch_greedy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "expect.h"
#include "made_graph.h"

namespace {

using palantir::Condensed;

bool near(double a, double b) { return std::fabs(a - b) <= 1e-12 * std::fabs(b); }

std::vector<std::int64_t> every_third(std::int64_t nodes) {
  std::vector<std::int64_t> chosen;
  for (std::int64_t node = 1; node < nodes && chosen.size() < Condensed::kMost; node += 3) {
    chosen.push_back(node);
  }
  return chosen;
}

// 0 -> 1 -> 2 -> 3 with weights 2, 3, 5 and 1 -> 3 with 7; textures 1; all shown.
// Candidates 0, 2 and 3: the only way through another node is by 1.
void a_chain_condensed_by_hand() {
  Graph graph;
  graph.add_node(1, true, {});
  graph.add_node(1, true, {{0, 2.0}});
  graph.add_node(1, true, {{1, 3.0}});
  graph.add_node(1, true, {{1, 7.0}, {2, 5.0}});
  const palantir::GraphView view = graph.view();
  const palantir::NodeValues values(view);
  const auto condensed = std::make_unique<Condensed>();
  palantir::Condenser(values).condense({0, 2, 3}, *condensed);
  expect(condensed->weight[1][0] == 6 && condensed->weight[2][0] == 14, "ways from the first");
  expect(condensed->weight[2][1] == 5, "a single edge");
  expect(condensed->texture[0] == 1 && condensed->texture[1] == 4, "error of node 1 comes along");
  expect(condensed->texture[2] == 8, "not by way of a candidate");
  expect(condensed->own_cost[0] == 3, "a unit of error in 0 costs two in 1");
  expect(condensed->own_cost[1] == 1 && condensed->own_cost[2] == 1, "others cost by themselves");
}

void a_condensed_graph_has_the_values_of_the_whole() {
  std::mt19937 random(3);
  for (int round = 0; round < 10; ++round) {
    const Graph graph = video_graph(random, 30, 15, 4, false);
    const palantir::GraphView view = graph.view();
    palantir::NodeValues values(view);
    palantir::Condenser condenser(values);
    const auto condensed = std::make_unique<Condensed>();
    for (const std::int64_t anchor : {5, 123, 300}) {  // the same condenser, more anchors
      values.pick(anchor);
      values.settle();
      std::vector<std::int64_t> nodes = every_third(view.nodes);
      nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                                 [&](std::int64_t node) { return values.is_anchor(node); }),
                  nodes.end());
      condenser.condense(nodes, *condensed);
      const palantir::Candidates candidates(*condensed);
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        expect(near(candidates.gain(static_cast<int>(i)), values.gains()[nodes[i]]), "gain");
      }
    }
  }
}

void values_after_picks_are_those_of_whole_sweeps() {
  std::mt19937 random(4);
  const Graph graph = video_graph(random, 30, 15, 4, false);
  const palantir::GraphView view = graph.view();
  palantir::NodeValues values(view);
  std::vector<std::uint8_t> anchor(view.nodes, 0);
  std::vector<double> error(view.nodes), influence(view.nodes);
  for (const int batch : {1, 5, 20}) {
    for (int pick = 0; pick < batch; ++pick) {
      const std::int64_t node = static_cast<std::int64_t>(random() % view.nodes);
      if (values.is_anchor(node)) continue;
      values.pick(node);
      anchor[node] = 1;
    }
    values.settle();
    palantir::sweep_errors(view, anchor.data(), error.data());
    palantir::sweep_influence(view, anchor.data(), influence.data());
    for (std::int64_t node = 0; node < view.nodes; ++node) {
      expect(near(values.error(node), error[node]), "error");
      if (!anchor[node]) expect(near(values.influence(node), influence[node]), "influence");
    }
  }
}

// Gain of the best next pick, by whole sweeps.
double gain_left(const palantir::GraphView& view, const palantir::BatchGreedy& greedy) {
  std::vector<std::uint8_t> anchor(view.nodes);
  for (std::int64_t node = 0; node < view.nodes; ++node) anchor[node] = greedy.is_anchor(node);
  std::vector<double> error(view.nodes), influence(view.nodes);
  palantir::sweep_errors(view, anchor.data(), error.data());
  palantir::sweep_influence(view, anchor.data(), influence.data());
  double best = 0;
  for (std::int64_t node = 0; node < view.nodes; ++node)
    if (!anchor[node]) best = std::max(best, error[node] * influence[node]);
  return best;
}

// Whole numbers make ties, among the candidates and beyond them.
void picks_are_those_of_whole_sweeps() {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    for (const auto& [frames, patches, degree, picks] :
         {std::array{1, 300, 1, 200}, std::array{2, 200, 1, 200}, std::array{8, 40, 3, 100},
          std::array{40, 10, 6, 100}, std::array{300, 1, 2, 200}}) {
      const Graph graph = video_graph(random, frames, patches, degree, round % 2 != 0);
      const palantir::GraphView view = graph.view();
      palantir::BatchGreedy greedy(view);
      for (const std::int64_t wanted : greedy_by_sweeps(graph, picks)) {
        const std::int64_t node = greedy.best();
        if (node < 0) {
          expect(gain_left(view, greedy) == 0, "no node gains anything");
          break;
        }
        expect(node == wanted, "pick of whole sweeps");
        greedy.pick(node);
        expect(greedy.is_anchor(node), "a pick is an anchor");
      }
    }
  }
}

// More ties than candidates, and the first of them not among those of largest gain.
void the_first_of_many_ties_is_picked() {
  Graph graph;
  for (int v = 0; v < 300; ++v) graph.add_node(1.0 + v * 1e-13, true, {});
  const palantir::GraphView view = graph.view();
  palantir::BatchGreedy greedy(view);
  for (std::int64_t node = 0; node < 150; ++node) {
    expect(greedy.best() == node, "the first of the ties");
    greedy.pick(node);
  }
}

}  // namespace

int main() {
  a_chain_condensed_by_hand();
  a_condensed_graph_has_the_values_of_the_whole();
  values_after_picks_are_those_of_whole_sweeps();
  picks_are_those_of_whole_sweeps();
  the_first_of_many_ties_is_picked();
  return failures > 0;
}

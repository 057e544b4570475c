// The native selector without Python: known answers, the exact-gain identity, ties, bad graphs.
#include "select.h"
#include "tiers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "expect.h"
#include "made_graph.h"

namespace {

using palantir::GraphView;

bool near(double a, double b, double scale) { return std::fabs(a - b) <= 1e-9 * (1.0 + scale); }

double objective(const Graph& graph, const std::vector<std::uint8_t>& anchor) {
  std::vector<double> error(graph.texture.size());
  palantir::sweep_errors(graph.view(), anchor.data(), error.data());
  double sum = 0.0;
  for (std::size_t v = 0; v < error.size(); ++v) sum += graph.shown[v] ? error[v] : 0.0;
  return sum;
}

Graph random_graph(std::mt19937& random, int nodes) {
  std::uniform_real_distribution<double> unit;
  Graph graph;
  for (int v = 0; v < nodes; ++v) {
    std::vector<std::pair<int, double>> references;
    for (int u = 0; u < v; ++u) {
      if (unit(random) < 0.3) references.emplace_back(u, unit(random));
    }
    graph.add_node(unit(random), unit(random) < 0.8, references);
  }
  return graph;
}

// 0 -> 1 -> 2 with weight 1 and textures 3, 1, 1; node 1 is not shown.
// Errors 3, 4, 5; influences 2, 1, 1; gains 6, 4, 5. After picking 0: errors 0, 1, 2; gains 1, 2.
void a_chain_worked_out_by_hand() {
  Graph graph;
  graph.add_node(3, true, {});
  graph.add_node(1, false, {{0, 1.0}});
  graph.add_node(1, true, {{1, 1.0}});
  const auto selection = palantir::select_adjoint(graph.view(), 3);
  expect(selection.order == std::vector<std::int64_t>{0, 2, 1}, "order of the chain");
  expect(selection.gain == std::vector<double>{6, 2, 0}, "gains of the chain");
  expect(selection.total == std::vector<double>{8, 2, 0, 0}, "objectives of the chain");
}

void ties_go_to_the_smallest_index() {
  Graph graph;
  for (int v = 0; v < 4; ++v) graph.add_node(v == 3 ? 1.0 + 1e-12 : 1.0, true, {});
  const auto selection = palantir::select_adjoint(graph.view(), 9);
  expect(selection.order == std::vector<std::int64_t>{0, 1, 2, 3}, "ties, and no more than all");
}

void a_choice_ends_when_it_is_told_to() {
  Graph graph;
  for (int v = 0; v < 64; ++v) graph.add_node(1.0, true, {});
  const palantir::PatchGrid grid{8, 8};
  const std::vector<palantir::FrameSize> frames{{64, 64}};
  int asked = 0;
  const auto thrice = [&] { return ++asked <= 3; };
  expect(palantir::select_adjoint(graph.view(), 64, thrice).order.size() == 3, "adjoint");
  asked = 0;
  const auto chosen = palantir::select_gain_per_cost(graph.view(), grid, frames, 0, 64, thrice);
  expect(chosen.order.size() == 3, "gain per cost");
  // The whole frame is worth most, and all but a patch of it can be paid.
  asked = 0;
  const std::vector<double> remaining(64, 1.0);
  const auto tiers = palantir::select_tiers(graph.view(), grid, frames, {{{0, 1}, {8, 2}}}, 1,
                                            remaining.data(), 2 * 64 * 64 - 1, thrice);
  expect(asked == 4 && tiers.order.size() == 2, "tiers, in the middle of a move");
}

void nothing_to_gain_still_picks_in_order() {
  Graph graph;
  for (int v = 0; v < 3; ++v) graph.add_node(0.0, true, {});
  expect(palantir::select_adjoint(graph.view(), 2).order == std::vector<std::int64_t>{0, 1},
         "zero textures");
  expect(palantir::select_adjoint(Graph{}.view(), 2).order.empty(), "an empty graph");
  expect(palantir::select_adjoint(graph.view(), -1).order.empty(), "a negative count");
}

void gains_are_exact_and_totals_true() {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const Graph graph = random_graph(random, 12);
    const auto selection = palantir::select_adjoint(graph.view(), 12);
    const auto totals = palantir::objectives(graph.view(), selection.order.data(), 12);
    std::vector<std::uint8_t> anchor(12, 0);
    for (std::size_t pick = 0; pick < 12; ++pick) {
      const double before = objective(graph, anchor);
      double best = 0.0;
      for (std::size_t v = 0; v < 12; ++v) {
        auto with = anchor;
        with[v] = 1;
        best = std::max(best, before - objective(graph, with));
      }
      anchor[static_cast<std::size_t>(selection.order[pick])] = 1;
      expect(near(selection.gain[pick], best, before), "the pick has the largest gain");
      expect(near(selection.total[pick], before, before), "total is the objective");
      expect(near(selection.total[pick], totals[pick], totals[0]), "objectives() agrees");
      expect(near(before - objective(graph, anchor), selection.gain[pick], before), "exact gain");
    }
  }
}

// Tiny, small and dense, large and sparse graphs are laid out differently; the picks are the same.
void every_layout_picks_as_whole_sweeps_do() {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    const bool whole = round % 2 != 0;
    for (const auto& [frames, patches, degree, picks] :
         {std::array{8, 5, 3, 40}, std::array{30, 15, 6, 60}, std::array{9, 60, 2, 60},
          std::array{90, 100, 2, 25}, std::array{90, 100, 8, 25}, std::array{300, 1, 2, 30}}) {
      const Graph graph = video_graph(random, frames, patches, degree, whole);
      const auto selection = palantir::select_adjoint(graph.view(), picks);
      expect(selection.order == greedy_by_sweeps(graph, picks), "order of whole sweeps");
    }
  }
}

void errors_beyond_every_number_do_no_harm() {
  for (const int nodes : {10, 300, 9000}) {
    Graph graph;
    for (int v = 0; v < nodes; ++v) {
      graph.add_node(1e300, true, v ? std::vector<std::pair<int, double>>{{v - 1, 1e300}}
                                    : std::vector<std::pair<int, double>>{});
    }
    expect(palantir::select_adjoint(graph.view(), 20).order.size() <= 20, "infinite errors");
  }
}

// Node 0 costs without end but has no error: what it costs must not leak into other nodes' sums.
void an_infinite_influence_stays_where_it_is() {
  Graph graph;
  graph.add_node(0.0, true, {});
  graph.add_node(0.0, true, {{0, 1e300}});
  graph.add_node(0.0, true, {{1, 1e300}});
  for (int v = 3; v < 300; ++v) graph.add_node(v, true, {{v - (v > 3 ? 1 + v % 2 : 1), 0.0}});
  const auto selection = palantir::select_adjoint(graph.view(), 10);
  for (int pick = 0; pick < 10; ++pick)
    expect(selection.order[pick] == 299 - pick, "order beside an infinity");
}

void the_tail_counts_like_shown_frames_to_come() {
  Graph graph;  // two patches of one frame; a later frame will take error from the second only
  graph.add_node(3, true, {});
  graph.add_node(2, true, {});
  const double tail[] = {0.0, 4.0};
  GraphView view = graph.view();
  view.tail = tail;
  const auto selection = palantir::select_adjoint(view, 2);
  expect(selection.order == std::vector<std::int64_t>{1, 0}, "order with a tail");
  expect(selection.gain == std::vector<double>{10, 3}, "gains with a tail");
  expect(selection.total == std::vector<double>{13, 3, 0}, "objectives with a tail");
}

std::string reason(const Graph& graph, std::int64_t edges) {
  const char* text = palantir::fault(graph.view(), edges);
  return text ? text : "";
}

void no_picks_leave_the_objective() {
  Graph graph;
  graph.add_node(3, true, {});
  expect(palantir::objectives(graph.view(), nullptr, 0) == std::vector<double>{3}, "no picks");
}

void unusable_graphs_are_named() {
  Graph graph;
  graph.add_node(1, true, {});
  graph.add_node(1, true, {{0, 1.0}});
  expect(reason(graph, graph.edges()).empty(), "a sound graph");
  expect(!reason(graph, 2).empty(), "edges left over");
  Graph forward = graph;
  forward.reference[0] = 1;
  expect(reason(forward, 1) == "a reference is not before its row", "an edge to itself");
  forward.reference[0] = -1;
  expect(reason(forward, 1) == "a reference is negative", "a negative reference");
  Graph torn = graph;
  torn.row_start[1] = 9;
  expect(reason(torn, 1) == "row starts do not rise", "row starts outside the edges");
  for (const double value : {-1.0, std::nan("")}) {
    Graph wrong = graph;
    wrong.texture[1] = value;
    expect(reason(wrong, 1) == "a texture is negative or not a number", "texture");
    wrong = graph;
    wrong.weight[0] = value;
    expect(reason(wrong, 1) == "a weight is negative or not a number", "weight");
  }
}

}  // namespace

int main() {
  a_chain_worked_out_by_hand();
  ties_go_to_the_smallest_index();
  a_choice_ends_when_it_is_told_to();
  nothing_to_gain_still_picks_in_order();
  gains_are_exact_and_totals_true();
  every_layout_picks_as_whole_sweeps_do();
  errors_beyond_every_number_do_no_harm();
  an_infinite_influence_stays_where_it_is();
  the_tail_counts_like_shown_frames_to_come();
  no_picks_leave_the_objective();
  unusable_graphs_are_named();
  return failures > 0;
}

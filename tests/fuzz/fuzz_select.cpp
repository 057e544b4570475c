// Selection: arbitrary arrays as an error graph, exact greedy against its plainest form, live
// intervals, and merged tiles.
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "../cpp/made_graph.h"
#include "input.h"
#include "live.h"
#include "merged_tiles.h"
#include "tiers.h"

namespace {

using namespace palantir;

// Few different values, so that ties abound; sometimes one that no graph may hold.
double value(Input& input, bool legal) {
  constexpr double kLegal[] = {0, 1, 2, 3, 0.5, 0.25, 1e-9, 1e9};
  constexpr double kOther[] = {-1, std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN(), 1e308};
  const int choice = input.number(0, legal ? 7 : 63);
  return choice < 8 ? kLegal[choice] : choice < 12 ? kOther[choice - 8] : kLegal[choice % 8];
}

void any_arrays(Input& input) {
  Graph graph;
  for (int nodes = input.number(1, 40); nodes > 0; --nodes) {
    std::vector<std::pair<int, double>> references;
    for (int edges = input.number(0, 3); edges > 0; --edges)
      references.emplace_back(input.number(-1, 40), value(input, false));
    graph.add_node(value(input, false), input.flag(), references);
  }
  if (input.number(0, 7) == 7)
    graph.row_start[input.number(0, static_cast<int>(graph.row_start.size()) - 1)] += 1;
  const GraphView view = graph.view();
  if (fault(view, graph.edges())) return;
  const auto picks = select_adjoint(view, view.nodes);
  require(picks.total.size() == picks.order.size() + 1 && picks.gain.size() == picks.order.size(),
          "a total before the first pick and after each");
  for (const int64_t node : picks.order) require(node >= 0 && node < view.nodes, "picks are nodes");
  const std::vector<FrameSize> frames(graph.texture.size(), FrameSize{16, 16});
  const auto whole = select_gain_per_cost(view, {1, 1}, frames, 4, view.nodes);
  require(whole.order.size() == graph.texture.size(), "as many picks as nodes, whatever the values");
}

void rectangles(Input& input) {
  std::mt19937 random(input.word());
  const PatchGrid grid{input.number(1, 9), input.number(1, 9)};
  const int frames = input.number(1, 8);
  const Graph graph = video_graph(random, frames, grid.count(), input.number(1, 3), input.flag());
  const std::vector<FrameSize> sizes(frames, FrameSize{input.number(9, 99), input.number(9, 99)});
  const int halo = input.number(0, 40), picks = input.number(0, frames * grid.count());
  const auto selection = select_gain_per_cost(graph.view(), grid, sizes, halo, picks);
  std::vector<bool> picked(graph.texture.size());
  for (const int64_t node : selection.order) {
    require(!picked[static_cast<size_t>(node)], "no node is picked twice");
    picked[static_cast<size_t>(node)] = true;
  }
  const auto totals = objectives(graph.view(), selection.order.data(), picks);
  for (size_t i = 0; i < totals.size(); ++i)
    require(std::fabs(totals[i] - selection.total[i]) <= 1e-9 * (1 + totals[0]),
            "totals are the objectives of the prefixes");
  const std::vector<double> left(graph.texture.size(), 0.5);
  const std::array<NetworkTier, 2> tiers{{{2, 3}, {halo, 20}}};
  const auto chosen = select_tiers(graph.view(), grid, sizes, tiers, input.number(3, 20),
                                   left.data(), input.number(0, 1 << 20));
  for (const int64_t node : chosen.order)
    require(node >= 0 && node < static_cast<int64_t>(left.size()), "picks are nodes");
}

void greedy_is_greedy(Input& input) {
  std::mt19937 random(input.word());
  const int frames = input.number(1, 20), patches = input.number(1, 12);
  const Graph graph = video_graph(random, frames, patches, input.number(1, 3), input.flag());
  const int picks = input.number(0, frames * patches);
  const auto selection = select_adjoint(graph.view(), picks);
  const auto plain = greedy_by_sweeps(graph, static_cast<int>(selection.order.size()));
  for (size_t i = 0; i < plain.size() && selection.gain[i] > 0; ++i)
    require(selection.order[i] == plain[i], "the picks are those of greedy by whole sweeps");
  const auto totals = objectives(graph.view(), selection.order.data(),
                                 static_cast<int64_t>(selection.order.size()));
  for (size_t i = 0; i < totals.size(); ++i)
    require(std::fabs(totals[i] - selection.total[i]) <= 1e-9 * (1 + totals[0]),
            "totals are the objectives of the prefixes");
}

void large_graph(Input& input) {
  std::mt19937 random(input.word());
  const int patches = input.number(60, 200);
  const Graph graph =
      video_graph(random, 8192 / patches + 1, patches, input.number(1, 3), input.flag());
  const auto selection = select_adjoint(graph.view(), input.number(0, 300));
  std::vector<bool> picked(graph.texture.size());
  for (const int64_t node : selection.order) {
    require(!picked[static_cast<size_t>(node)], "no node is picked twice");
    picked[static_cast<size_t>(node)] = true;
  }
}

LiveFrame live_frame(Input& input, int index, int patches,
                     const std::array<int32_t, kSlots>& before) {
  LiveFrame frame;
  frame.index = index;
  frame.key = input.number(0, 7) == 0;
  frame.shown = input.number(0, 3) != 0;
  frame.slots = before;
  for (int32_t& slot : frame.slots)
    if (frame.key || input.number(0, 3) == 0) slot = index;
  for (int p = 0; p < patches; ++p) frame.texture.push_back(value(input, true));
  for (int p = 0; p < patches && !frame.key; ++p)
    for (int count = input.number(0, 2), source = 0; count > 0 && source < patches; --count) {
      source = input.number(source, patches - 1);
      const int reference = before[input.number(0, kSlots - 1)];
      if (reference >= 0) frame.edges.push_back({p, reference, source, value(input, true) / 4});
      ++source;
    }
  if (input.number(0, 31) == 31) frame.edges.push_back({input.number(-1, 99), index, 0, -1});
  return frame;
}

void settle_interval(Input& input, LiveSelector& selector) {
  int left = input.number(0, 12);  // picks before the deadline
  const auto picks = selector.select(input.number(0, 30), [&] { return left-- > 0; });
  auto anchors = picks.order;
  if (input.number(0, 15) == 15) anchors.push_back(input.number(-2, 300));
  const Sums sums = selector.settle(anchors.data(), static_cast<int64_t>(anchors.size()));
  require(!(sums.objective > sums.untouched * (1 + 1e-9) + 1e-9), "anchors never harm");
}

void live_intervals(Input& input) {
  const int patches = input.number(1, 16);
  LiveSelector selector(patches, input.flag());
  std::array<int32_t, kSlots> slots;
  slots.fill(-1);
  for (int index = 0; !input.empty() && index < 2000; ++index) {
    try {
      const LiveFrame frame = live_frame(input, index, patches, slots);
      check_sound(frame);
      slots = frame.slots;
      selector.push(frame);
      if (input.number(0, 7) == 0) selector.show(slots[input.number(0, kSlots - 1)]);
      if (input.number(0, 3) == 0) settle_interval(input, selector);
    } catch (const std::invalid_argument&) {  // said in words
    }
  }
}

void merged_tiles(Input& input) {
  const PatchGrid grid{input.number(-1, 12), input.number(-1, 12)};
  try {
    MergedTiles tiles(grid, input.number(1, 100), input.number(1, 100), input.number(-1, 9));
    for (int64_t pixels = 0; !input.empty();) {
      const int patch = input.number(-1, grid.count());
      pixels += tiles.add(patch);
      require(pixels > 0, "tiles cover something");
    }
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  switch (input.number(0, 7)) {
    case 0: any_arrays(input); break;
    case 1: case 2: greedy_is_greedy(input); break;
    case 3: large_graph(input); break;
    case 4: merged_tiles(input); break;
    case 5: rectangles(input); break;
    default: live_intervals(input);
  }
  return 0;
}

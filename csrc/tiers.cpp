#include "tiers.h"

#include <cstddef>

#include "gain_per_cost.h"
#include "merged_tiles.h"

namespace palantir {
namespace {

// What the networks are run for, as patches change over.
class Spending {
 public:
  Spending(const PatchGrid& grid, const std::vector<FrameSize>& frames,
           const std::array<NetworkTier, 2>& networks, std::int64_t allowed)
      : grid_(grid), frames_(frames), networks_(networks), left_(allowed), spent_(frames.size(), 0),
        tier_(frames.size() * grid.count(), 0) {}

  // Lets the move's nodes change over up to the first whose set would cost too much: how many.
  std::size_t pay(const GainPerCost::Move& move, const KeepGoing& keep_going) {
    const std::size_t frame = move.nodes.front() / grid_.count();
    std::vector<std::uint8_t> before;
    for (const std::int64_t node : move.nodes) before.push_back(tier_[node]);
    for (const std::int64_t node : move.nodes) change(node, move.tier);
    std::int64_t cost = cost_of(frame);
    std::size_t paid = move.nodes.size();
    if (cost - spent_[frame] > left_) {
      for (std::size_t i = 0; i < paid; ++i) tier_[move.nodes[i]] = before[i];
      paid = 0;
      cost = spent_[frame];
      while (paid < move.nodes.size() && (!keep_going || keep_going())) {
        change(move.nodes[paid], move.tier);
        const std::int64_t next = cost_of(frame);
        if (next - spent_[frame] > left_) break;
        cost = next;
        ++paid;
      }
    }
    left_ -= cost - spent_[frame];
    spent_[frame] = cost;
    return paid;
  }

 private:
  void change(std::int64_t node, int tier) { tier_[node] = static_cast<std::uint8_t>(tier + 1); }

  std::int64_t cost_of(std::size_t frame) const {
    std::int64_t cost = 0;
    for (int tier = 0; tier < 2; ++tier)
      cost += networks_[tier].price *
              merged_pixels(grid_, frames_[frame][0], frames_[frame][1], networks_[tier].halo,
                            &tier_[frame * grid_.count()], tier + 1);
    return cost;
  }

  const PatchGrid grid_;
  const std::vector<FrameSize>& frames_;
  const std::array<NetworkTier, 2> networks_;
  std::int64_t left_;
  std::vector<std::int64_t> spent_;  // on each frame
  std::vector<std::uint8_t> tier_;   // of each node: 1, 2 or none
};

}  // namespace

TierSelection select_tiers(const GraphView& graph, const PatchGrid& grid,
                           const std::vector<FrameSize>& frames,
                           const std::array<NetworkTier, 2>& networks, std::int64_t price,
                           const double* remaining, std::int64_t allowed,
                           const KeepGoing& keep_going) {
  const NetworkTier compared{networks[0].halo, price};
  GainPerCost greedy(graph, grid, frames, {compared, networks[1]}, remaining);
  Spending spending(grid, frames, networks, allowed);
  TierSelection selection{};
  bool affordable = true;
  while (affordable && (!keep_going || keep_going())) {
    const GainPerCost::Move move = greedy.next();
    if (move.nodes.empty()) break;
    const std::size_t paid = spending.pay(move, keep_going);
    affordable = paid == move.nodes.size();
    for (std::size_t i = 0; i < paid; ++i) {
      greedy.take(move.nodes[i], move.tier);
      selection.order.push_back(move.nodes[i]);
      selection.light.push_back(move.tier == 0);
      selection.gain.push_back(move.gains[i]);
    }
  }
  selection.objective = greedy.objective();
  return selection;
}

}  // namespace palantir

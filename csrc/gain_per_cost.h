// Greedy choice of rectangles of patches by exact gain per cost (docs/method.md, selectors), for
// one network or several, the tiers, of which the highest leaves no error.
//
// Gains hardly ever rise, so a frame whose nodes have changed keeps its largest gain per cost as a
// bound until it might be the best of all. Arguments must have passed fault(); memory is then the
// only thing that can fail. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "maximum_tree.h"
#include "node_values.h"
#include "rectangles.h"

namespace palantir {

class GainPerCost {
 public:
  // Nodes of one frame that go over to a tier, in an order of which every beginning is compact:
  // from the best patch outwards in a row, then row by row. None where nothing gains.
  struct Move {
    std::vector<std::int64_t> nodes;
    std::vector<double> gains;  // of each; they add up, for no edge joins two of them
    int tier;
  };

  // graph      borrowed
  // frames     the size of each
  // remaining  [nodes], the error of a node in any tier but the highest; null with one tier
  // Throws std::invalid_argument as Rectangles does.
  GainPerCost(const GraphView& graph, const PatchGrid& grid, const std::vector<FrameSize>& frames,
              const std::vector<NetworkTier>& tiers, const double* remaining = nullptr);

  // The rectangle of largest gain per cost; of those that tie, the lowest tier's, then the first
  // frame's, then the first in the order of Rectangles. It counts as run.
  Move next();

  // Makes one of the last move's nodes an anchor.
  void take(std::int64_t node, int tier);
  bool is_anchor(std::int64_t node) const { return values_.is_anchor(node); }

  // Of the nodes taken.
  double objective();

 private:
  enum class Bound : std::uint8_t { kExact, kStands, kNone };  // of a frame

  std::size_t frames() const { return bound_.size(); }
  void settle();
  std::size_t best_from(double bound);
  void bring_up_to_date(std::size_t frame);
  void find_gains(std::size_t frame, int tier);
  bool cut_losses();
  Move take_over(const Rectangle& rectangle, std::size_t frame, int tier);

  const PatchGrid grid_;
  const int tiers_;
  const double* const remaining_;
  NodeValues values_;
  Rectangles rectangles_;
  std::vector<std::int8_t> tier_;   // [nodes], 1 or more of those in a tier, else 0
  std::vector<Bound> bound_;        // [frames]
  std::vector<double> ceiling_;     // [tiers][frames], what later gains per cost stay below
  std::vector<std::size_t> changed_;  // frames whose bound is to be noted in largest_
  MaximumTree largest_;             // [tiers][frames], gains per cost or bounds of them
  std::vector<double> gains_;       // [patches], of one frame and tier
};

}  // namespace palantir

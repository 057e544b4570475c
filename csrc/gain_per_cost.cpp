#include "gain_per_cost.h"

#include <algorithm>
#include <limits>

#include "select.h"

namespace palantir {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// All places, from the best one on always to the better neighbour of those before.
std::vector<int> outwards(const std::vector<double>& gain) {
  const int count = static_cast<int>(gain.size());
  int first = static_cast<int>(std::max_element(gain.begin(), gain.end()) - gain.begin());
  int stop = first + 1;
  std::vector<int> order{first};
  while (static_cast<int>(order.size()) < count) {
    const double before = first > 0 ? gain[first - 1] : -kInfinity;
    const bool after = first == 0 || (stop < count && gain[stop] > before);
    order.push_back(after ? stop++ : --first);
  }
  return order;
}

}  // namespace

GainPerCost::GainPerCost(const GraphView& graph, const PatchGrid& grid,
                         const std::vector<FrameSize>& frames,
                         const std::vector<NetworkTier>& tiers, const double* remaining)
    : grid_(grid), tiers_(static_cast<int>(tiers.size())), remaining_(remaining), values_(graph),
      rectangles_(grid, frames, tiers), tier_(graph.nodes, 0), bound_(frames.size(), Bound::kNone),
      ceiling_(tiers.size() * frames.size()),
      largest_(std::vector<double>(ceiling_.size(), kInfinity)), gains_(grid.count()) {}

GainPerCost::Move GainPerCost::next() {
  settle();
  if (frames() == 0) return {{}, {}, 0};
  best_from(largest_.maximum());
  const double best = largest_.maximum();
  if (!(best > 0)) return {{}, {}, 0};
  const double enough = best * (1.0 - kTieTolerance);
  const std::size_t found = best_from(enough);
  const int tier = static_cast<int>(found / frames());
  const std::size_t frame = found % frames();
  find_gains(frame, tier);
  return take_over(rectangles_.first_of(enough, frame, tier, gains_.data()), frame, tier);
}

void GainPerCost::take(std::int64_t node, int tier) {
  const bool highest = tier == tiers_ - 1;
  values_.pick(node, highest ? 0.0 : remaining_[node]);
}

double GainPerCost::objective() {
  settle();
  return values_.objective();
}

// Brings nodes up to date, and the bounds of their frames.
void GainPerCost::settle() {
  values_.settle([this](std::int64_t node, bool rose) {
    Bound& bound = bound_[node / grid_.count()];
    const Bound now = rose ? Bound::kNone : Bound::kStands;
    if (bound >= now) return;
    bound = now;
    changed_.push_back(node / grid_.count());
  });
  for (const std::size_t frame : changed_) {
    for (std::size_t i = frame; i < ceiling_.size(); i += frames()) {
      largest_.change(i, bound_[frame] == Bound::kNone ? kInfinity : ceiling_[i]);
    }
  }
  changed_.clear();
}

// The first tier and frame whose gain per cost, brought up to date, reaches `bound`; or, where
// bounds turn out too high for that, that of the largest.
std::size_t GainPerCost::best_from(double bound) {
  for (;;) {
    bound = std::min(bound, largest_.maximum());
    const std::size_t found = largest_.first_at_least(bound);
    const std::size_t frame = found % frames();
    if (bound_[frame] == Bound::kExact) return found;
    bring_up_to_date(frame);
  }
}

void GainPerCost::bring_up_to_date(std::size_t frame) {
  for (int tier = 0; tier < tiers_; ++tier) {
    const std::size_t i = tier * frames() + frame;
    find_gains(frame, tier);
    const double largest = rectangles_.largest_gain_per_cost(frame, tier, gains_.data());
    largest_.change(i, largest);
    const bool losses = cut_losses();
    ceiling_[i] =
        losses ? rectangles_.largest_gain_per_cost(frame, tier, gains_.data()) : largest;
  }
  bound_[frame] = Bound::kExact;
}

// What each patch's going over to the tier gains, which may be less than 0; -infinity where it has
// a higher one.
void GainPerCost::find_gains(std::size_t frame, int tier) {
  const bool highest = tier == tiers_ - 1;
  for (std::size_t patch = 0; patch < gains_.size(); ++patch) {
    const std::int64_t node = static_cast<std::int64_t>(frame * gains_.size() + patch);
    if (tier_[node] > tier) {
      gains_[patch] = tier_[node] == tier + 1 ? 0.0 : -kInfinity;
      continue;
    }
    const bool lower = tier_[node] > 0;
    const double cost = lower ? values_.cost_of_error(node) : values_.influence(node);
    const double gain = (values_.error(node) - (highest ? 0.0 : remaining_[node])) * cost;
    gains_[patch] = gain > 0 || gain < 0 ? gain : 0.0;  // an infinity times 0 gains nothing
  }
}

// Losses may shrink, gains may not: without losses, sums are bounds. Whether there were any.
bool GainPerCost::cut_losses() {
  bool losses = false;
  for (double& gain : gains_) {
    if (!(gain < 0) || gain == -kInfinity) continue;
    gain = 0.0;
    losses = true;
  }
  return losses;
}

GainPerCost::Move GainPerCost::take_over(const Rectangle& rectangle, std::size_t frame, int tier) {
  const auto [top, bottom] = rectangle.rows;
  const auto [left, right] = rectangle.columns;
  const auto patch_of = [&](int row, int column) {
    return static_cast<std::size_t>(row) * grid_.columns + column;
  };
  std::vector<std::vector<double>> rows;
  std::vector<double> row_gains;
  for (int row = top; row < bottom; ++row) {
    const auto begin = gains_.begin() + patch_of(row, 0);
    rows.emplace_back(begin + left, begin + right);
    double sum = 0.0;
    for (const double gain : rows.back()) sum += gain;
    row_gains.push_back(sum);
  }
  Move move{{}, {}, tier};
  for (const int row : outwards(row_gains)) {
    for (const int column : outwards(rows[row])) {
      const std::size_t patch = patch_of(top + row, left + column);
      const std::int64_t node = static_cast<std::int64_t>(frame * gains_.size() + patch);
      if (tier_[node] > tier) continue;
      tier_[node] = static_cast<std::int8_t>(tier + 1);
      move.nodes.push_back(node);
      move.gains.push_back(gains_[patch]);
    }
  }
  rectangles_.run(rectangle, frame);
  bound_[frame] = Bound::kNone;  // tiles within it are paid for
  changed_.push_back(frame);
  return move;
}

}  // namespace palantir

#include "tail.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace palantir {
namespace {

constexpr std::size_t kLongestGop = 600;  // frames kept to learn from
constexpr double kNewShare = 0.5;          // of the newest GoP in the running mean

}  // namespace

void TailEstimator::add(LiveFrame frame, std::vector<std::uint8_t> anchor) {
  if (frame.key) {
    end_gop();
    phase_ = 0;
  }
  ++phase_;
  if (gop_.size() < kLongestGop) gop_.push_back({std::move(frame), std::move(anchor)});
}

void TailEstimator::end_gop() {
  if (!gop_.empty() && gop_.front().facts.key) learn();  // of others, the phases are not known
  gop_.clear();
}

void TailEstimator::show(std::int32_t index) {
  const int place = position(index);
  if (place >= 0) gop_[place].facts.shown = true;
}

std::optional<double> TailEstimator::cost(int phase, int slot) const {
  if (learned_.empty()) return {};
  auto found = learned_.lower_bound(phase);
  if (found == learned_.end()) --found;
  return found->second[slot];
}

// Backwards through the GoP: `later[node]` is what the frames passed so far take from the node.
void TailEstimator::learn() {
  const std::size_t frames = gop_.size();
  std::vector<double> later(frames * patches_, 0.0);
  std::vector<Costs> costs(frames);
  for (std::size_t place = frames; place-- > 0;) {
    const Frame& frame = gop_[place];
    costs[place] = costs_after(frame, later);
    const double* own = later.data() + place * patches_;
    for (const Edge& edge : frame.facts.edges) {
      const int source = frame.anchor[edge.patch] ? -1 : position(edge.reference);
      if (source < 0) continue;
      later[static_cast<std::size_t>(source) * patches_ + edge.source] +=
          edge.weight * (own[edge.patch] + (frame.facts.shown ? 1.0 : 0.0));
    }
  }
  // Of a GoP that was cut, the end looks as if nothing came after it.
  costs.resize(frames < kLongestGop ? frames : frames / 2);
  for (const Costs& each : costs) {  // infinity would never leave the running mean
    if (!std::all_of(each.begin(), each.end(), [](double c) { return std::isfinite(c); })) return;
  }
  for (std::size_t place = 0; place < costs.size(); ++place) {
    const auto [known, is_new] = learned_.try_emplace(static_cast<int>(place) + 1, costs[place]);
    for (int slot = 0; slot < kSlots && !is_new; ++slot) {
      known->second[slot] += kNewShare * (costs[place][slot] - known->second[slot]);
    }
  }
}

// Of each slot once `frame` is decoded.
TailEstimator::Costs TailEstimator::costs_after(const Frame& frame,
                                                const std::vector<double>& later) const {
  const auto& slots = frame.facts.slots;
  Costs costs{};
  for (int slot = 0; slot < kSlots; ++slot) {
    const int place = position(slots[slot]);
    if (place < 0) continue;
    const auto first = later.begin() + static_cast<std::ptrdiff_t>(place) * patches_;
    const auto holders = std::count(slots.begin(), slots.end(), slots[slot]);  // they share it
    costs[slot] = std::accumulate(first, first + patches_, 0.0) /
                  (static_cast<double>(patches_) * static_cast<double>(holders));
  }
  return costs;
}

int TailEstimator::position(std::int32_t index) const {
  const auto found = std::lower_bound(
      gop_.begin(), gop_.end(), index,
      [](const Frame& frame, std::int32_t wanted) { return frame.facts.index < wanted; });
  const bool there = found != gop_.end() && found->facts.index == index;
  return there ? static_cast<int>(found - gop_.begin()) : -1;
}

}  // namespace palantir

#include "live.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace palantir {
namespace {

bool sound(double value) { return value >= 0 && std::isfinite(value); }

[[noreturn]] void refuse(const LiveFrame& frame, const std::string& what) {
  throw std::invalid_argument("frame " + std::to_string(frame.index) + ": " + what);
}

}  // namespace

LiveSelector::LiveSelector(int patches, bool tail)
    : patches_(patches), estimator_(patches), use_tail_(tail) {
  if (patches < 1) throw std::invalid_argument("a frame has at least 1 patch");
}

void LiveSelector::check(const LiveFrame& frame) const {
  if (frame.index <= last_index_)
    refuse(frame, "comes after frame " + std::to_string(last_index_));
  if (frame.texture.size() != static_cast<std::size_t>(patches_))
    refuse(frame, std::to_string(frame.texture.size()) + " textures for " +
                      std::to_string(patches_) + " patches");
  if (!std::all_of(frame.texture.begin(), frame.texture.end(), sound))
    refuse(frame, "a texture is negative or not finite");
  for (const Edge& edge : frame.edges) {
    if (edge.patch < 0 || edge.patch >= patches_ || edge.source < 0 || edge.source >= patches_)
      refuse(frame, "an edge names a patch that is not there");
    if (edge.reference < 0 || edge.reference >= frame.index)
      refuse(frame, "a patch depends on frame " + std::to_string(edge.reference));
    if (!sound(edge.weight)) refuse(frame, "a weight is negative or not finite");
  }
  const auto nodes = graph_.texture.size() + frame.texture.size();
  if (nodes > static_cast<std::size_t>(kMaxNodes))
    refuse(frame, "the interval has more than 2^27 nodes");
}

void LiveSelector::push(LiveFrame frame) {
  check(frame);
  if (frame.key && frames_.empty()) estimator_.end_gop();  // all its anchors are known
  std::stable_sort(frame.edges.begin(), frame.edges.end(),
                   [](const Edge& a, const Edge& b) { return a.patch < b.patch; });
  std::size_t edge = 0;
  for (int patch = 0; patch < patches_; ++patch) add_row(frame, patch, edge);
  last_index_ = frame.index;
  frames_.push_back(std::move(frame));
}

void LiveSelector::add_row(const LiveFrame& frame, int patch, std::size_t& edge) {
  double texture = frame.texture[patch];
  for (; edge < frame.edges.size() && frame.edges[edge].patch == patch; ++edge) {
    const Edge& found = frame.edges[edge];
    const auto inside = std::lower_bound(
        frames_.begin(), frames_.end(), found.reference,
        [](const LiveFrame& before, std::int32_t index) { return before.index < index; });
    if (inside != frames_.end() && inside->index == found.reference) {
      const auto place = inside - frames_.begin();
      graph_.reference.push_back(static_cast<std::int32_t>(place * patches_ + found.source));
      graph_.weight.push_back(found.weight);
    } else if (const auto before = held_.find(found.reference); before != held_.end()) {
      texture += found.weight * before->second.error[found.source];
    }
  }
  graph_.texture.push_back(texture);
  graph_.shown.push_back(frame.shown ? 1 : 0);
  graph_.row_start.push_back(static_cast<std::int64_t>(graph_.reference.size()));
}

double LiveSelector::show(std::int32_t index) {
  estimator_.show(index);
  for (std::size_t place = 0; place < frames_.size(); ++place) {
    if (frames_[place].index != index) continue;
    frames_[place].shown = true;
    std::fill_n(graph_.shown.begin() + static_cast<std::ptrdiff_t>(place) * patches_, patches_, 1);
  }
  const auto before = held_.find(index);
  if (before == held_.end() || before->second.shown) return 0.0;
  before->second.shown = true;
  const auto& error = before->second.error;
  return std::accumulate(error.begin(), error.end(), 0.0);
}

GraphView LiveSelector::view() const {
  return {static_cast<std::int64_t>(graph_.texture.size()), graph_.row_start.data(),
          graph_.reference.data(), graph_.weight.data(), graph_.texture.data(),
          graph_.shown.data()};
}

Selection LiveSelector::select(std::int64_t count, const KeepGoing& keep_going) const {
  GraphView graph = view();
  const std::vector<double> later = tail();
  if (!later.empty()) graph.tail = later.data();
  return select_adjoint(graph, count, keep_going);
}

// Of the interval's frames that a slot still holds after its end; empty if nothing is known.
std::vector<double> LiveSelector::tail() const {
  if (!use_tail_ || frames_.empty()) return {};
  int phase = estimator_.phase();
  for (const LiveFrame& frame : frames_) phase = frame.key ? 1 : phase + 1;
  std::vector<double> tail(graph_.texture.size(), 0.0);
  const auto& slots = frames_.back().slots;
  for (std::size_t place = 0; place < frames_.size(); ++place) {
    for (int slot = 0; slot < kSlots; ++slot) {
      if (slots[slot] != frames_[place].index) continue;
      const std::optional<double> cost = estimator_.cost(phase, slot);
      if (!cost) return {};
      const auto first = tail.begin() + static_cast<std::ptrdiff_t>(place) * patches_;
      std::for_each(first, first + patches_, [&](double& value) { value += *cost; });
    }
  }
  return tail;
}

double LiveSelector::settle(const std::int64_t* anchors, std::int64_t count) {
  std::vector<std::uint8_t> anchor(graph_.texture.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    if (anchors[i] < 0 || anchors[i] >= static_cast<std::int64_t>(anchor.size()))
      throw std::invalid_argument("anchor " + std::to_string(anchors[i]) + " lies outside " +
                                  std::to_string(anchor.size()) + " nodes");
    anchor[anchors[i]] = 1;
  }
  if (frames_.empty()) return 0.0;
  std::vector<double> error(anchor.size());
  sweep_errors(view(), anchor.data(), error.data());
  hold(error);
  double objective = 0.0;
  for (std::size_t node = 0; node < error.size(); ++node)
    objective += graph_.shown[node] ? error[node] : 0.0;
  if (use_tail_) {
    for (std::size_t place = 0; place < frames_.size(); ++place) {
      const auto first = anchor.begin() + static_cast<std::ptrdiff_t>(place) * patches_;
      estimator_.add(std::move(frames_[place]), {first, first + patches_});
    }
  }
  frames_.clear();
  graph_ = Graph();
  return objective;
}

// Keeps the errors of what the slots hold at the interval's end.
void LiveSelector::hold(const std::vector<double>& error) {
  std::map<std::int32_t, Held> held;
  for (const std::int32_t index : frames_.back().slots) {
    if (const auto before = held_.find(index); before != held_.end()) held[index] = before->second;
  }
  for (std::size_t place = 0; place < frames_.size(); ++place) {
    const auto& slots = frames_.back().slots;
    const std::int32_t index = frames_[place].index;
    if (std::find(slots.begin(), slots.end(), index) == slots.end()) continue;
    const auto first = error.begin() + static_cast<std::ptrdiff_t>(place) * patches_;
    held[index] = {{first, first + patches_}, frames_[place].shown};
  }
  held_ = std::move(held);
}

}  // namespace palantir

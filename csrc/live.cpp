#include "live.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace palantir {
namespace {

bool sound(double value) { return value >= 0 && std::isfinite(value); }

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

void check_value(const char* name, double value) {
  if (sound(value)) return;
  char text[32];
  std::snprintf(text, sizeof text, "%g", std::isnan(value) ? std::fabs(value) : value);
  refuse(std::string("a ") + name + " of " + text);
}

void check_end(const char* name, std::int32_t value, std::int64_t stop) {
  if (value < 0 || value >= stop)
    refuse(std::string("an edge with ") + name + " " + std::to_string(value) + " where there are " +
           std::to_string(stop));
}

}  // namespace

void check_sound(const LiveFrame& frame) {
  const auto patches = static_cast<std::int64_t>(frame.texture.size());
  for (const double texture : frame.texture) check_value("texture", texture);
  for (const Edge& edge : frame.edges) {
    check_end("patch", edge.patch, patches);
    check_end("reference", edge.reference, frame.index);
    check_end("source", edge.source, patches);
    check_value("weight", edge.weight);
  }
}

LiveSelector::LiveSelector(int patches, bool tail)
    : patches_(patches), estimator_(patches), use_tail_(tail) {
  if (patches < 1) refuse("a frame has at least 1 patch");
}

void LiveSelector::check_next(const LiveFrame& frame) const {
  const std::string name = "frame " + std::to_string(frame.index) + ": ";
  if (frame.index <= last_index_)
    refuse(name + "comes after frame " + std::to_string(last_index_));
  if (frame.texture.size() != static_cast<std::size_t>(patches_))
    refuse(name + std::to_string(frame.texture.size()) + " textures for " +
           std::to_string(patches_) + " patches");
  if (nodes() + patches_ > kMaxNodes) refuse(name + "the interval has more than 2^27 nodes");
}

void LiveSelector::push(LiveFrame frame) {
  check_next(frame);
  if (frame.key && frames_.empty()) estimator_.end_gop();  // all its anchors are known
  const auto by_patch = [](const Edge& a, const Edge& b) { return a.patch < b.patch; };
  if (!std::is_sorted(frame.edges.begin(), frame.edges.end(), by_patch))
    std::stable_sort(frame.edges.begin(), frame.edges.end(), by_patch);
  std::size_t edge = 0;
  for (int patch = 0; patch < patches_; ++patch) add_row(frame, patch, edge);
  last_index_ = frame.index;
  frames_.push_back(std::move(frame));
}

void LiveSelector::add_row(const LiveFrame& frame, int patch, std::size_t& edge) {
  double texture = frame.texture[patch], untouched = texture;
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
      texture += found.weight * before->second.error.chosen[found.source];
      untouched += found.weight * before->second.error.untouched[found.source];
    }
  }
  graph_.texture.push_back(texture);
  graph_.untouched.push_back(untouched);
  graph_.shown.push_back(frame.shown ? 1 : 0);
  graph_.row_start.push_back(static_cast<std::int64_t>(graph_.reference.size()));
}

Sums LiveSelector::show(std::int32_t index) {
  estimator_.show(index);
  for (std::size_t place = 0; place < frames_.size(); ++place) {
    if (frames_[place].index != index) continue;
    frames_[place].shown = true;
    std::fill_n(graph_.shown.begin() + static_cast<std::ptrdiff_t>(place) * patches_, patches_, 1);
  }
  const auto before = held_.find(index);
  if (before == held_.end() || before->second.shown) return {};
  before->second.shown = true;
  const auto& [chosen, untouched] = before->second.error;
  return {std::accumulate(chosen.begin(), chosen.end(), 0.0),
          std::accumulate(untouched.begin(), untouched.end(), 0.0)};
}

GraphView LiveSelector::view(const std::vector<double>& texture) const {
  return {nodes(),
          graph_.row_start.data(),
          graph_.reference.data(),
          graph_.weight.data(),
          texture.data(),
          graph_.shown.data()};
}

Selection LiveSelector::select(std::int64_t count, const KeepGoing& keep_going) const {
  GraphView graph = view(graph_.texture);
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

Sums LiveSelector::settle(const std::int64_t* anchors, std::int64_t count) {
  std::vector<std::uint8_t> anchor(graph_.texture.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    if (anchors[i] < 0 || anchors[i] >= nodes())
      refuse("anchor " + std::to_string(anchors[i]) + " lies outside " + std::to_string(nodes()) +
             " nodes");
    anchor[anchors[i]] = 1;
  }
  if (frames_.empty()) return {};
  Errors errors{std::vector<double>(anchor.size()), std::vector<double>(anchor.size())};
  const std::vector<std::uint8_t> none(anchor.size(), 0);
  sweep_errors(view(graph_.texture), anchor.data(), errors.chosen.data());
  sweep_errors(view(graph_.untouched), none.data(), errors.untouched.data());
  hold(errors);
  const Sums sums{sum_of_shown(errors.chosen), sum_of_shown(errors.untouched)};
  if (use_tail_) {
    for (std::size_t place = 0; place < frames_.size(); ++place) {
      const auto first = anchor.begin() + static_cast<std::ptrdiff_t>(place) * patches_;
      estimator_.add(std::move(frames_[place]), {first, first + patches_});
    }
  }
  frames_.clear();
  graph_ = Graph();
  return sums;
}

double LiveSelector::sum_of_shown(const std::vector<double>& error) const {
  double sum = 0.0;
  for (std::size_t node = 0; node < error.size(); ++node)
    sum += graph_.shown[node] ? error[node] : 0.0;
  return sum;
}

LiveSelector::Errors LiveSelector::Errors::part(std::size_t first, std::size_t count) const {
  const auto cut = [&](const std::vector<double>& all) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  return {cut(chosen), cut(untouched)};
}

// Keeps the errors of what the slots hold at the interval's end.
void LiveSelector::hold(const Errors& errors) {
  std::map<std::int32_t, Held> held;
  const auto& slots = frames_.back().slots;
  for (const std::int32_t index : slots) {
    if (auto before = held_.extract(index)) held.insert(std::move(before));
  }
  for (std::size_t place = 0; place < frames_.size(); ++place) {
    const std::int32_t index = frames_[place].index;
    if (std::find(slots.begin(), slots.end(), index) == slots.end()) continue;
    held[index] = {errors.part(place * patches_, patches_), frames_[place].shown};
  }
  held_ = std::move(held);
}

}  // namespace palantir

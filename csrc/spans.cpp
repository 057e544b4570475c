#include "spans.h"

#include <algorithm>

namespace palantir {
namespace {

constexpr int kSides[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};  // patches

}  // namespace

Spans::Spans(int length) {
  std::vector<int> lengths;
  for (const int side : kSides) {
    if (side < length) lengths.push_back(side);
  }
  lengths.push_back(length);
  for (const int side : lengths) {
    std::vector<std::size_t> parts;
    for (int rest = side; side > 1 && rest > 0;) {  // the longest that fit, from the left
      const auto fits = [rest](const Side& one) { return one.length <= rest; };
      const auto part = std::find_if(sides_.rbegin(), sides_.rend(), fits);
      parts.push_back(part->begin + (side - rest));
      rest -= part->length;
    }
    const std::size_t starts = length - side + 1;
    sides_.push_back({side, spans_.size(), starts, parts});
    for (int first = 0; first + side <= length; ++first) spans_.push_back({first, first + side});
  }
}

void Spans::add_up(double* values, std::size_t width) const {
  for (const Side& side : sides_) {
    double* const sums = values + side.begin * width;
    const std::size_t count = side.starts * width;
    for (std::size_t part = 0; part < side.parts.size(); ++part) {
      const double* const others = values + side.parts[part] * width;  // of shorter spans
      if (part == 0) {
        std::copy_n(others, count, sums);
      } else {
        for (std::size_t i = 0; i < count; ++i) sums[i] += others[i];
      }
    }
  }
}

void Spans::mark(const Span& inner, double value, double* marks) const {
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    const int last = std::min(inner.first, static_cast<int>(sides_[s].starts) - 1);
    const int first = std::max(inner.stop - sides_[s].length, 0);
    if (first > last) continue;
    double* const starts = marks + sides_[s].begin + s;  // one more than there are
    starts[first] += value;
    starts[last + 1] -= value;
  }
}

void Spans::take_off(const double* marks, double* costs) const {
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    double marked = 0.0;
    for (std::size_t span = sides_[s].begin; span < sides_[s].begin + sides_[s].starts; ++span) {
      marked += marks[span + s];
      costs[span] = std::max(costs[span] - marked, 1.0);
    }
  }
}

}  // namespace palantir

// The largest of many numbers that change one at a time, and where it stands.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace palantir {

// A complete binary tree of maxima over numbers of at least 0; a change costs at most its depth.
class MaximumTree {
 public:
  explicit MaximumTree(const std::vector<double>& numbers) {
    while (leaves_ < numbers.size()) leaves_ *= 2;
    maximum_.assign(2 * leaves_, -1.0);
    std::copy(numbers.begin(), numbers.end(), maximum_.begin() + leaves_);
    for (std::size_t i = leaves_; i-- > 1;) maximum_[i] = larger_child(i);
  }

  double maximum() const { return maximum_[1]; }

  // Index of the first number of at least `bound`, which must not be above the maximum.
  std::size_t first_at_least(double bound) const {
    std::size_t i = 1;
    while (i < leaves_) i = 2 * i + (maximum_[2 * i] < bound ? 1 : 0);
    return i - leaves_;
  }

  void change(std::size_t index, double number) {
    std::size_t i = leaves_ + index;
    maximum_[i] = number;
    for (i /= 2; i > 0; i /= 2) {
      const double larger = larger_child(i);
      if (maximum_[i] == larger) break;
      maximum_[i] = larger;
    }
  }

 private:
  double larger_child(std::size_t i) const {
    return std::max(maximum_[2 * i], maximum_[2 * i + 1]);
  }

  std::size_t leaves_ = 1;
  std::vector<double> maximum_;  // of the subtree at i, whose children are 2i and 2i + 1
};

}  // namespace palantir

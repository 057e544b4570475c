// Exact greedy picks among the candidates of a condensed graph.
#pragma once

#include <bitset>

#include "condensed.h"

namespace palantir {

// All errors and influences are kept up to date: a pick sums those anew that depend on it.
class Candidates {
 public:
  explicit Candidates(const Condensed& graph);  // borrowed

  double gain(int candidate) const { return error_[candidate] * influence_[candidate]; }
  double largest_gain() const;  // 0 if nothing gains
  // The first of at least this gain, which must not be above the largest.
  int first_of(double gain) const;
  void pick(int candidate);

 private:
  static constexpr int kMost = Condensed::kMost;

  void sum_error(int candidate);
  void sum_influence(int candidate);

  const Condensed& graph_;
  alignas(64) double error_[kMost] = {};
  alignas(64) double influence_[kMost] = {};
  alignas(64) double weight_[kMost][kMost] = {};  // of the graph, transposed: [reference][taker]
  std::bitset<kMost> picked_, references_[kMost], takers_[kMost];
};

}  // namespace palantir

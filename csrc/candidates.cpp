#include "candidates.h"

#include <algorithm>

namespace palantir {
namespace {

constexpr int kStep = 8;
typedef double Step __attribute__((vector_size(8 * kStep), may_alias));
static_assert(Condensed::kMost % kStep == 0, "rows hold whole steps");

// Sum of weight[i] * value[i], i in whole steps that cover first ... last.
double weighted_sum(const double* weight, const double* value, int first, int last) {
  Step sums = {};
  for (int i = first / kStep * kStep; i <= last; i += kStep) {
    sums += *reinterpret_cast<const Step*>(weight + i) * *reinterpret_cast<const Step*>(value + i);
  }
  double sum = 0.0;
  for (int lane = 0; lane < kStep; ++lane) sum += sums[lane];
  return sum;
}

}  // namespace

Candidates::Candidates(const Condensed& graph) : graph_(graph) {
  for (int i = 0; i < graph.candidates; ++i) {
    for (int j = 0; j < graph.candidates; ++j) {
      weight_[j][i] = graph.weight[i][j];
      if (graph.weight[i][j] == 0) continue;
      references_[i].set(j);
      takers_[j].set(i);
    }
  }
  for (int i = 0; i < graph.candidates; ++i) sum_error(i);
  for (int i = graph.candidates; i-- > 0;) sum_influence(i);
}

double Candidates::largest_gain() const {
  double largest = 0.0;
  for (int i = 0; i < graph_.candidates; ++i) largest = std::max(largest, gain(i));
  return largest;
}

int Candidates::first_of(double gain_wanted) const {
  int i = 0;
  while (i + 1 < graph_.candidates && !(gain(i) >= gain_wanted)) ++i;
  return i;
}

void Candidates::pick(int candidate) {
  picked_.set(candidate);
  error_[candidate] = influence_[candidate] = 0.0;
  std::bitset<kMost> changed;
  changed.set(candidate);
  for (int i = candidate + 1; i < graph_.candidates; ++i) {
    if (picked_[i] || (references_[i] & changed).none()) continue;
    changed.set(i);
    sum_error(i);
  }
  changed.reset();
  changed.set(candidate);
  for (int i = candidate; i-- > 0;) {
    if (picked_[i] || (takers_[i] & changed).none()) continue;
    changed.set(i);
    sum_influence(i);
  }
}

void Candidates::sum_error(int i) {
  error_[i] = graph_.texture[i] + weighted_sum(graph_.weight[i], error_, 0, i);
}

void Candidates::sum_influence(int i) {
  influence_[i] =
      graph_.own_cost[i] + weighted_sum(weight_[i], influence_, i, graph_.candidates - 1);
}

}  // namespace palantir

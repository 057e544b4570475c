#include "batch_greedy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "select.h"

namespace palantir {
namespace {

double tied_with(double gain) { return gain * (1.0 - kTieTolerance); }  // of an infinity: itself

// Positive numbers in steps that keep their order, four from one power of two to the next.
std::uint64_t step_of(double number) {
  std::uint64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits >> 50;
}

double number_of(std::uint64_t step) {
  const std::uint64_t bits = step << 50;
  double number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

// A gain that at least `count` nodes reach, but not many more; 0 where fewer gain anything.
double reached_by(const std::vector<double>& gains, std::size_t count) {
  std::vector<std::uint32_t> nodes(std::size_t{1} << 13, 0);
  for (const double gain : gains) nodes[gain > 0 ? step_of(gain) : 0] += 1;
  std::size_t step = nodes.size(), reached = 0;
  while (step > 1 && reached < count) reached += nodes[--step];
  return reached < count ? number_of(0) : number_of(step);
}

// At most `count` nodes that gain anything, ascending; of equal gains the first.
std::vector<std::int64_t> of_largest_gain(const std::vector<double>& gains, std::size_t count) {
  const double enough = reached_by(gains, count);
  std::vector<std::pair<double, std::int64_t>> best;  // -gain and node
  for (std::size_t node = 0; node < gains.size(); ++node) {
    if (gains[node] > 0 && gains[node] >= enough) best.emplace_back(-gains[node], node);
  }
  if (best.size() > count) {
    std::nth_element(best.begin(), best.begin() + count, best.end());
    best.resize(count);
  }
  std::vector<std::int64_t> nodes;
  for (const auto& one : best) nodes.push_back(one.second);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

// The first node of at least this gain.
std::int64_t first_of(const std::vector<double>& gains, double least) {
  const auto reaches = [least](double gain) { return gain >= least; };
  return std::find_if(gains.begin(), gains.end(), reaches) - gains.begin();
}

}  // namespace

BatchGreedy::BatchGreedy(const GraphView& graph)
    : values_(graph), condenser_(values_), condensed_(std::make_unique<Condensed>()) {}

std::int64_t BatchGreedy::best() {
  Choice choice{-1, 0.0, 0.0};
  if (candidates_) choice = choose();
  if (!candidates_ || !is_certain(choice)) {
    begin_batch();
    choice = choose();
  }
  chosen_ = choice.candidate;
  return choice.largest > 0 ? condensed_->node[chosen_] : -1;
}

double BatchGreedy::pick(std::int64_t node) {
  const double gain = candidates_->gain(chosen_);
  candidates_->pick(chosen_);
  values_.pick(node);
  return gain;
}

BatchGreedy::Choice BatchGreedy::choose() const {
  const double largest = candidates_->largest_gain();
  const double least = tied_with(largest);
  return {candidates_->first_of(least), largest, least};
}

bool BatchGreedy::is_certain(const Choice& choice) const {
  if (!(choice.largest > 0)) return false;
  if (choice.least > outside_) return true;
  return choice.largest >= outside_ && condensed_->node[choice.candidate] < first_outside_;
}

// The candidates are the nodes of largest gain, and the first of those that tie with the best.
void BatchGreedy::begin_batch() {
  values_.settle();
  std::vector<double> gains = values_.gains();
  std::vector<std::int64_t> nodes = of_largest_gain(gains, Condensed::kMost - 1);
  if (!nodes.empty()) {
    const double largest = *std::max_element(gains.begin(), gains.end());
    const std::int64_t first = first_of(gains, tied_with(largest));
    const auto place = std::lower_bound(nodes.begin(), nodes.end(), first);
    if (place == nodes.end() || *place != first) nodes.insert(place, first);
  }
  for (const std::int64_t node : nodes) gains[node] = 0.0;
  outside_ = std::max(0.0, *std::max_element(gains.begin(), gains.end()));
  first_outside_ = first_of(gains, tied_with(tied_with(outside_)));
  condenser_.condense(nodes, *condensed_);
  candidates_ = std::make_unique<Candidates>(*condensed_);
}

}  // namespace palantir

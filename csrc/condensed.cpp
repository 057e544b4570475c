#include "condensed.h"

#include <algorithm>
#include <cstring>

#include "simd.h"

namespace palantir {

Condenser::Condenser(const NodeValues& values)
    : values_(values), largest_row_(values.references.largest_row()),
      reached_(values.graph.nodes), needed_(values.graph.nodes + 1, 0),
      place_(values.graph.nodes + 1, 0) {}

void Condenser::condense(const std::vector<std::int64_t>& nodes, Condensed& condensed) {
  condensed.candidates = static_cast<int>(nodes.size());
  if (nodes.empty()) return;
  std::copy(nodes.begin(), nodes.end(), condensed.node);
  std::memset(condensed.weight, 0, sizeof condensed.weight);
  find_between(condensed);
  gather(condensed);
  sum_costs(condensed);
  ways_.assign(node_.size(), Ways{});
  for (int first = (condensed.candidates - 1) / kLanes * kLanes; first >= 0; first -= kLanes) {
    follow(first, condensed);
  }
  for (const std::int64_t node : node_) place_[node] = 0;
}

// Down from the candidates, then back up from them.
void Condenser::find_between(const Condensed& condensed) {
  node_.assign(1, values_.graph.nodes);
  const int count = condensed.candidates;
  for (int i = 0; i < count; ++i) reached_.add(condensed.node[i]);
  reached_.drain_upwards(condensed.node[count - 1], [&](std::int64_t node) {
    if (values_.is_anchor(node)) return;
    node_.push_back(node);
    values_.takers.each(node, [&](auto other, double) { reached_.add(other); });
  });
  ++round_;
  candidate_.assign(node_.size(), -1);
  int left = count;
  for (std::size_t i = node_.size(); i-- > 1;) {
    const std::int64_t node = node_[i];
    if (left > 0 && condensed.node[left - 1] == node) {
      candidate_[i] = --left;
    } else if (needed_[node] != round_) {
      node_[i] = -1;
      continue;
    }
    values_.references.each(node, [&](auto other, double) { needed_[other] = round_; });
  }
  std::size_t kept = 1;
  for (std::size_t i = 1; i < node_.size(); ++i) {
    if (node_[i] < 0) continue;
    candidate_[kept] = candidate_[i];
    place_[node_[i]] = static_cast<std::int32_t>(kept);
    node_[kept++] = node_[i];
  }
  node_.resize(kept);
}

// The edges between these nodes, and the errors that come from elsewhere.
void Condenser::gather(Condensed& condensed) {
  const std::size_t count = node_.size();
  handed_on_.assign(count, 0.0);
  lanes_in_.assign(count, 0);
  lanes_out_.assign(count, 0);
  start_.assign(count + 1, 0);
  std::int64_t edges = 0;
  for (std::size_t i = 1; i < count; ++i) {
    if (static_cast<std::int64_t>(reference_.size()) < edges + largest_row_) {
      reference_.resize(2 * edges + largest_row_);
      weight_.resize(2 * edges + largest_row_);
    }
    double sum = values_.graph.texture[node_[i]];
    std::uint32_t lanes = 0;
    values_.references.each(node_[i], [&](auto other, double weight) {
      const std::int32_t from = place_[other];
      sum += weight * (from > 0 ? handed_on_[from] : values_.error(other));
      lanes |= lanes_out_[from];
      reference_[edges] = from;
      weight_[edges] = weight;
      edges += from > 0;
    });
    for (; edges % NodeRows::kGroup != 0; ++edges) {
      reference_[edges] = 0;
      weight_[edges] = 0.0;
    }
    start_[i + 1] = edges;
    lanes_in_[i] = lanes_out_[i] = lanes;
    if (const int candidate = candidate_[i]; candidate < 0) {
      handed_on_[i] = sum;
    } else {
      condensed.texture[candidate] = sum;
      lanes_out_[i] = std::uint32_t{1} << candidate / kLanes;
    }
  }
}

void Condenser::sum_costs(Condensed& condensed) {
  for (std::size_t i = node_.size(); i-- > 1;) {
    double sum = values_.graph.own_cost(node_[i]);
    values_.takers.each(node_[i], [&](auto other, double weight) {
      const std::int32_t to = place_[other];
      sum += weight * (to > 0 ? handed_on_[to] : values_.influence(other));
    });
    const int candidate = candidate_[i];
    handed_on_[i] = candidate < 0 ? sum : 0.0;
    if (candidate >= 0) condensed.own_cost[candidate] = sum;
  }
}

// The weights of all ways from candidates first ... first + kLanes - 1 to later candidates. Called
// for the last candidates first: what stands before them is still 0.
#if defined(PALANTIR_HAS_V4_CLONES)  // AVX2 gains nothing here
__attribute__((target_clones("default", "arch=x86-64-v4")))
#endif
void Condenser::follow(int first, Condensed& condensed) {
  const std::uint32_t bit = std::uint32_t{1} << first / kLanes;
  const std::int32_t count = static_cast<std::int32_t>(node_.size());
  Ways* const ways = ways_.data();
  for (std::int32_t i = place_[condensed.node[first]]; i < count; ++i) {
    Lanes sum = {};
    if (lanes_in_[i] & bit) {
      for (std::int64_t edge = start_[i]; edge < start_[i + 1]; edge += NodeRows::kGroup) {
        for (std::int64_t e = edge; e < edge + NodeRows::kGroup; ++e) {
          sum += weight_[e] * ways[reference_[e]].lanes;
        }
      }
    }
    if (const int candidate = candidate_[i]; candidate >= 0) {
      std::memcpy(&condensed.weight[candidate][first], &sum, sizeof sum);
      sum = Lanes{};
      if (candidate / kLanes == first / kLanes) sum[candidate % kLanes] = 1.0;
    }
    ways[i].lanes = sum;
  }
}

}  // namespace palantir

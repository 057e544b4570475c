// An error graph condensed to a few of its nodes (docs/method.md, candidates).
//
// Memory is the only thing that can fail. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "node_set.h"
#include "node_values.h"

namespace palantir {

// Between two candidates there is one edge, as heavy as all ways from one to the other that pass
// neither an anchor nor a third candidate. With the same anchors among the candidates, errors and
// influences are those of the whole graph.
struct Condensed {
  static constexpr int kMost = 128;

  int candidates = 0;
  std::int64_t node[kMost];             // ascending
  double texture[kMost];                // error that comes from no candidate
  double own_cost[kMost];               // influence that is had through no candidate
  alignas(64) double weight[kMost][kMost];  // [taker][reference], 0 unless reference < taker
};

// Condenses one graph again and again.
class Condenser {
 public:
  explicit Condenser(const NodeValues& values);  // borrowed

  // The values must be settled. `nodes` are ascending, at most kMost, none of them an anchor.
  void condense(const std::vector<std::int64_t>& nodes, Condensed& condensed);

 private:
  static constexpr int kLanes = 8;  // candidates whose ways are followed at once
  typedef double Lanes __attribute__((vector_size(8 * kLanes)));
  struct alignas(8 * kLanes) Ways {
    Lanes lanes;
  };

  void find_between(const Condensed& condensed);
  void gather(Condensed& condensed);
  void sum_costs(Condensed& condensed);
  void follow(int first, Condensed& condensed);

  const NodeValues& values_;
  const std::int64_t largest_row_;
  NodeSet reached_;
  std::int32_t round_ = 0;
  std::vector<std::int32_t> needed_;  // [nodes + 1], the last round in which it was
  std::vector<std::int32_t> place_;   // [nodes + 1], in the lists below; 0: in none
  // The candidates and all nodes on ways between them, in order; 0 is no node and adds nothing.
  std::vector<std::int64_t> node_;
  std::vector<std::int32_t> candidate_;  // which one, or -1
  std::vector<double> handed_on_;        // error, then influence; 0 for candidates
  std::vector<std::uint32_t> lanes_in_, lanes_out_;  // a bit for each kLanes candidates
  // The edges among them.
  std::vector<std::int64_t> start_;
  std::vector<std::int32_t> reference_;
  std::vector<double> weight_;
  std::vector<Ways> ways_;  // from kLanes candidates to each
};

}  // namespace palantir

// Exact greedy for large graphs: many picks from one small graph (docs/method.md, candidates).
//
// The nodes of largest gain become candidates, and the graph is condensed to them. Gains never
// rise, so what the other nodes gained when the batch began bounds them: picks are made among the
// candidates for as long as the best of them is above that bound.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "candidates.h"
#include "condensed.h"
#include "node_values.h"

namespace palantir {

class BatchGreedy {
 public:
  explicit BatchGreedy(const GraphView& graph);  // borrowed

  double objective() const { return values_.objective(); }  // before the first pick

  // The best node that is no anchor yet, -1 if no node gains anything.
  std::int64_t best();

  // Makes the node, the last that best() gave, an anchor; returns its gain.
  double pick(std::int64_t node);

  bool is_anchor(std::int64_t node) const { return values_.is_anchor(node); }

 private:
  struct Choice {
    int candidate;
    double largest, least;  // gains: of the best and of what ties with it
  };

  Choice choose() const;
  bool is_certain(const Choice& choice) const;
  void begin_batch();

  NodeValues values_;
  Condenser condenser_;
  std::unique_ptr<Condensed> condensed_;
  std::unique_ptr<Candidates> candidates_;  // null before the first batch
  int chosen_ = -1;
  double outside_ = 0.0;            // the largest gain of the other nodes, when the batch began
  std::int64_t first_outside_ = 0;  // the first of them that is tied with it
};

}  // namespace palantir

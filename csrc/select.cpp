// Lazy greedy with exact gains; batch_greedy.h has the form for large graphs. A pick lowers the
// errors of nodes that depend on it and the influences of nodes it depends on; these are only
// marked as out of date. Values never rise, so an outdated gain is an upper bound: just the nodes
// that might be the best are brought up to date, each summed anew in full from what it depends on
// and never corrected by differences.
#include "select.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "batch_greedy.h"
#include "gain_per_cost.h"
#include "lanes.h"
#include "maximum_tree.h"

namespace palantir {
namespace {

// One of the two values of every node, errors or influences, kept up to date on demand.
template <int kLanes>
class LazyValues {
 public:
  using Edges = typename Lanes<kLanes>::Edges;

  LazyValues(const Edges& sources, const Edges& takers, std::vector<double> base, Slot chunks)
      : sources_(sources), takers_(takers), base_(std::move(base)), value_(base_.size() + 1, 0.0),
        outdated_(chunks, 0), stack_(chunks) {}

  double operator[](Slot slot) const { return value_[slot]; }
  const double* data() const { return value_.data(); }
  const double* base() const { return base_.data(); }
  bool outdated(Slot chunk) const { return outdated_[chunk] != 0; }

  void settle(Slot chunk, const double* open) {
    sources_.settle(chunk, base_.data(), open, value_.data());
  }

  // The slot's value becomes 0 for good: whatever takes it in, directly or not, is out of date.
  void clear(Slot slot) {
    value_[slot] = 0.0;
    Slot* top = stack_.data();
    *top++ = slot / kLanes;
    while (top > stack_.data()) {
      const Slot chunk = *--top;
      const Slot* end = takers_.sources_end(chunk);
      for (const Slot* taker = takers_.sources_begin(chunk); taker < end; ++taker) {
        if (outdated_[*taker]) continue;
        outdated_[*taker] = 1;
        *top++ = *taker;  // each chunk once: the stack cannot overflow
      }
    }
  }

  // Brings the chunk up to date, first all it depends on; `settled` hears of each chunk.
  template <class Settled>
  void update(Slot chunk, const double* open, const Settled& settled) {
    visits_.clear();
    visit(chunk);
    while (!visits_.empty()) {
      Visit& last = visits_.back();
      while (last.next < last.end && !outdated_[*last.next]) ++last.next;
      if (last.next < last.end) {
        visit(*last.next++);
        continue;
      }
      settle(last.chunk, open);
      settled(last.chunk);
      visits_.pop_back();
    }
  }

 private:
  struct Visit {
    const Slot* next;
    const Slot* end;
    Slot chunk;
  };

  void visit(Slot chunk) {
    outdated_[chunk] = 0;
    visits_.push_back({sources_.sources_begin(chunk), sources_.sources_end(chunk), chunk});
  }

  const Edges& sources_;
  const Edges& takers_;  // the same edges, backwards
  std::vector<double> base_, value_;
  std::vector<std::uint8_t> outdated_;  // by chunk
  std::vector<Slot> stack_;             // room for every chunk
  std::vector<Visit> visits_;
};

// Adds many small numbers to a large one without losing them (Neumaier's summation).
class Total {
 public:
  explicit Total(double first) : sum_(first) {}
  void subtract(double value) {
    const double sum = sum_ - value;
    rest_ += std::abs(sum_) >= value ? (sum_ - sum) - value : (-value - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return std::max(0.0, sum_ + rest_); }

 private:
  double sum_, rest_ = 0.0;
};

template <int kLanes>
class LazyGreedy {
 public:
  explicit LazyGreedy(const GraphView& graph)
      : graph_(graph),
        lanes_(graph),
        open_(lanes_.slots(), 1.0),
        error_(lanes_.references, lanes_.dependents, texture(), lanes_.chunks()),
        influence_(lanes_.dependents, lanes_.references, own_cost(), lanes_.chunks()),
        bounds_(first_bounds()),
        fresh_((lanes_.slots() + kBlock - 1) / kBlock, 1) {}

  // Before the first pick.
  double objective() const {
    double sum = 0.0;
    for (Slot slot = 0; slot < lanes_.slots(); ++slot) {
      sum += influence_.base()[slot] * error_[slot];
    }
    return sum;
  }

  // The best node that is no anchor yet, -1 if no node gains anything.
  std::int64_t best() {
    const double largest = exact_from(bounds_.maximum()).gain;
    if (!(largest > 0)) return -1;
    return lanes_.node_of(exact_from(largest - kTieTolerance * largest).slot);
  }

  // Makes the node an anchor; returns its gain.
  double pick(std::int64_t node) {
    const Slot slot = lanes_.slot_of(node);
    update(slot / kLanes);
    const double gain = error_[slot] * influence_[slot];
    open_[slot] = 0.0;
    error_.clear(slot);
    influence_.clear(slot);
    fresh_[slot / kBlock] = 0;
    return gain;
  }

  bool is_anchor(std::int64_t node) const { return open_[lanes_.slot_of(node)] == 0; }

 private:
  static constexpr Slot kBlock = 32;  // slots that share one upper bound
  struct Candidate {
    Slot slot;
    double gain;
  };

  // The first slot whose gain, brought up to date, reaches `bound`; or, where bounds turn out too
  // high for that, the one of largest gain.
  Candidate exact_from(double bound) {
    for (;;) {
      bound = std::min(bound, bounds_.maximum());
      const Slot block = static_cast<Slot>(bounds_.first_at_least(bound));
      if (!fresh_[block]) {
        fresh_[block] = 1;
        bounds_.change(block, largest_in(block));
        continue;
      }
      const Slot end = std::min<Slot>((block + 1) * kBlock, lanes_.slots());
      Slot slot = block * kBlock;
      while (slot + 1 < end && error_[slot] * influence_[slot] < bound) ++slot;
      const Slot chunk = slot / kLanes;
      if (!error_.outdated(chunk) && !influence_.outdated(chunk)) {
        return {slot, error_[slot] * influence_[slot]};
      }
      update(chunk);
    }
  }

  void update(Slot chunk) {
    const auto settled = [this](Slot done) { fresh_[done * kLanes / kBlock] = 0; };
    if (error_.outdated(chunk)) error_.update(chunk, open_.data(), settled);
    if (influence_.outdated(chunk)) influence_.update(chunk, open_.data(), settled);
  }

  double largest_in(Slot block) const {
    const Slot end = std::min<Slot>((block + 1) * kBlock, lanes_.slots());
    double largest = 0.0;
    for (Slot slot = block * kBlock; slot < end; ++slot) {
      largest = std::max(largest, error_[slot] * influence_[slot]);
    }
    return largest;
  }

  std::vector<double> texture() const {
    std::vector<double> values(lanes_.slots(), 0.0);
    for (std::int64_t v = 0; v < graph_.nodes; ++v) values[lanes_.slot_of(v)] = graph_.texture[v];
    return values;
  }

  std::vector<double> own_cost() const {
    std::vector<double> values(lanes_.slots(), 0.0);
    for (std::int64_t v = 0; v < graph_.nodes; ++v) {
      values[lanes_.slot_of(v)] = graph_.own_cost(v);
    }
    return values;
  }

  MaximumTree first_bounds() {
    for (Slot chunk = 0; chunk < lanes_.chunks(); ++chunk) error_.settle(chunk, open_.data());
    for (Slot chunk = lanes_.chunks(); chunk-- > 0;) influence_.settle(chunk, open_.data());
    std::vector<double> bounds((lanes_.slots() + kBlock - 1) / kBlock);
    for (std::size_t block = 0; block < bounds.size(); ++block) {
      bounds[block] = largest_in(static_cast<Slot>(block));
    }
    return MaximumTree(bounds);
  }

  const GraphView& graph_;
  const Lanes<kLanes> lanes_;
  std::vector<double> open_;  // 0 for anchors: errors and influences stop there
  LazyValues<kLanes> error_, influence_;
  MaximumTree bounds_;               // of the gains in each block
  std::vector<std::uint8_t> fresh_;  // by block: the bound is the largest of its present values
};

// The objective once these nodes are anchors, summed anew.
double objective_of(const GraphView& graph, const std::vector<std::int64_t>& order) {
  std::vector<std::uint8_t> anchor(graph.nodes, 0);
  for (const std::int64_t node : order) anchor[node] = 1;
  std::vector<double> error(graph.nodes);
  sweep_errors(graph, anchor.data(), error.data());
  double sum = 0.0;
  for (std::int64_t node = 0; node < graph.nodes; ++node) sum += graph.own_cost(node) * error[node];
  return sum;
}

// Rectangles of patches, one patch of the last one after another.
class RectangleGreedy {
 public:
  explicit RectangleGreedy(GainPerCost& choice) : choice_(choice) {}

  double objective() { return choice_.objective(); }
  bool is_anchor(std::int64_t node) const { return choice_.is_anchor(node); }

  std::int64_t best() {
    if (next_ == move_.nodes.size()) {
      move_ = choice_.next();
      next_ = 0;
    }
    return move_.nodes.empty() ? -1 : move_.nodes[next_];
  }

  double pick(std::int64_t node) {
    choice_.take(node, move_.tier);
    return move_.gains[next_++];
  }

 private:
  GainPerCost& choice_;
  GainPerCost::Move move_{};
  std::size_t next_ = 0;
};

template <class Greedy>
Selection select_with(Greedy greedy, const GraphView& graph, std::int64_t count,
                      const KeepGoing& keep_going) {
  Total total(greedy.objective());
  Selection selection;
  selection.total.push_back(total.value());
  std::int64_t next = 0;  // with nothing left to gain, nodes are taken in order
  bool gaining = true;
  const std::int64_t picks = std::clamp<std::int64_t>(count, 0, graph.nodes);
  for (std::int64_t pick = 0; pick < picks && (!keep_going || keep_going()); ++pick) {
    std::int64_t node = gaining ? greedy.best() : -1;
    gaining = node >= 0;
    if (gaining) {
      selection.gain.push_back(greedy.pick(node));
      total.subtract(selection.gain.back());
      selection.total.push_back(total.value());
    } else {
      while (greedy.is_anchor(next)) ++next;
      node = next++;
      selection.gain.push_back(0.0);
      selection.total.push_back(0.0);
    }
    selection.order.push_back(node);
  }
  double& last = selection.total.back();
  last = std::min(last, objective_of(graph, selection.order));
  return selection;
}

template <int kLanes>
std::vector<double> objectives_lazily(const GraphView& graph, const std::int64_t* order,
                                      std::int64_t picks, const KeepGoing& keep_going) {
  LazyGreedy<kLanes> greedy(graph);
  Total left(greedy.objective());
  std::vector<double> total{left.value()};
  for (std::int64_t pick = 0; pick < picks && (!keep_going || keep_going()); ++pick) {
    left.subtract(greedy.pick(order[pick]));
    total.push_back(left.value());
  }
  const std::vector<std::int64_t> picked(order, order + (total.size() - 1));
  total.back() = std::min(total.back(), objective_of(graph, picked));
  return total;
}

// Lanes save branches but drag a node's neighbours along. They pay where much of the graph changes
// with every pick: in a small one. Measured on clips.
constexpr std::int64_t kTinyGraph = 200;    // nodes
constexpr std::int64_t kLargeGraph = 8192;  // nodes

template <class Work>
auto with_lanes(const GraphView& graph, const Work& work) {
  using std::integral_constant;
  return kTinyGraph < graph.nodes && graph.nodes < kLargeGraph
             ? work(integral_constant<int, 8>())
             : work(integral_constant<int, 1>());
}

}  // namespace

std::vector<double> objectives(const GraphView& graph, const std::int64_t* order,
                               std::int64_t picks, const KeepGoing& keep_going) {
  return with_lanes(graph, [&](auto lanes) {
    return objectives_lazily<lanes.value>(graph, order, picks, keep_going);
  });
}

Selection select_adjoint(const GraphView& graph, std::int64_t count,
                         const KeepGoing& keep_going) {
  if (graph.nodes >= kLargeGraph) {
    return select_with(BatchGreedy(graph), graph, count, keep_going);
  }
  return with_lanes(graph, [&](auto lanes) {
    return select_with(LazyGreedy<lanes.value>(graph), graph, count, keep_going);
  });
}

Selection select_gain_per_cost(const GraphView& graph, const PatchGrid& grid,
                               const std::vector<FrameSize>& frames, std::int64_t halo,
                               std::int64_t count, const KeepGoing& keep_going) {
  GainPerCost choice(graph, grid, frames, {{halo, 1}});
  return select_with(RectangleGreedy(choice), graph, count, keep_going);
}

}  // namespace palantir

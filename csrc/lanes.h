// The error graph laid out for fast sums: nodes in chunks of `kLanes` that are settled together.
//
// Memory is the only thing that can fail. Immutable once made.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "error_graph.h"

namespace palantir {

using Slot = std::int32_t;  // chunk * kLanes + lane

// A chunk is a run of up to `kLanes` successive nodes none of which depends on another of them, so
// that all lanes can be summed at once, without a branch on how many edges a node has: rows are
// padded with edges of weight 0 to the longest of their chunk. Nodes that depend on nothing (of key
// frames) share no chunk with others: it would tie the GoPs on both sides together. With one lane
// slots are nodes.
template <int kLanes>
class Lanes {
 public:
  // Edges of one direction: each slot's value is a weighted sum of the values of other slots.
  class Edges {
   public:
    // The distinct chunks whose values the chunk's lanes take in.
    const Slot* sources_begin(Slot chunk) const {
      return kLanes == 1 ? from_.data() + start_[chunk] : source_.data() + source_start_[chunk];
    }
    const Slot* sources_end(Slot chunk) const { return sources_begin(chunk + 1); }

    // value = open * (base + sum of weight * value[from]) for all lanes of a chunk; `value` has one
    // more element than there are slots, a 0 for padding.
    void settle(Slot chunk, const double* base, const double* open, double* value) const {
      const Slot first = chunk * kLanes;
      double sum[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) sum[lane] = base[first + lane];
      const Slot* from = from_.data() + start_[chunk] * kLanes;
      const double* weight = weight_.data() + start_[chunk] * kLanes;
      for (auto left = start_[chunk + 1] - start_[chunk]; left > 0; --left) {
        for (int lane = 0; lane < kLanes; ++lane) sum[lane] += weight[lane] * value[from[lane]];
        from += kLanes;
        weight += kLanes;
      }
      for (int lane = 0; lane < kLanes; ++lane) {
        value[first + lane] = open[first + lane] * sum[lane];
      }
    }

   private:
    friend class Lanes;

    void reserve(const std::vector<Slot>& degree) {  // edges of each slot
      const std::size_t chunks = degree.size() / kLanes;
      start_.assign(chunks + 1, 0);
      for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        const auto lane = degree.begin() + chunk * kLanes;
        start_[chunk + 1] = start_[chunk] + *std::max_element(lane, lane + kLanes);
      }
      const Slot nothing = static_cast<Slot>(degree.size());  // the value after the last is 0
      from_.assign(start_[chunks] * kLanes, nothing);
      weight_.assign(start_[chunks] * kLanes, 0.0);
    }

    void put(Slot to, Slot place, Slot from, double weight) {
      const std::int64_t i = (start_[to / kLanes] + place) * kLanes + to % kLanes;
      from_[i] = from;
      weight_[i] = weight;
    }

    void find_sources(const std::vector<Slot>& degree) {
      if (kLanes == 1) return;
      const Slot chunks = static_cast<Slot>(degree.size() / kLanes);
      std::vector<Slot> seen(chunks, -1);
      source_start_.assign(chunks + 1, 0);
      for (Slot chunk = 0; chunk < chunks; ++chunk) {
        for (int lane = 0; lane < kLanes; ++lane) {
          const Slot* from = from_.data() + start_[chunk] * kLanes + lane;
          for (Slot left = degree[chunk * kLanes + lane]; left > 0; --left, from += kLanes) {
            const Slot source = *from / kLanes;
            if (seen[source] == chunk) continue;
            seen[source] = chunk;
            source_.push_back(source);
          }
        }
        source_start_[chunk + 1] = static_cast<std::int64_t>(source_.size());
      }
    }

    std::vector<std::int64_t> start_;  // [chunks + 1], in columns of kLanes edges
    std::vector<Slot> from_;           // [columns * kLanes]
    std::vector<double> weight_;       // [columns * kLanes]
    std::vector<std::int64_t> source_start_;
    std::vector<Slot> source_;
  };

  explicit Lanes(const GraphView& graph) {
    place_nodes(graph);
    std::vector<Slot> in(slots(), 0), out(slots(), 0);
    for (std::int64_t node = 0; node < graph.nodes; ++node) {
      in[slot_of(node)] = static_cast<Slot>(graph.row_start[node + 1] - graph.row_start[node]);
    }
    for (std::int64_t edge = 0; edge < graph.row_start[graph.nodes]; ++edge) {
      ++out[slot_of(graph.reference[edge])];
    }
    references.reserve(in);
    dependents.reserve(out);
    std::vector<Slot> placed(slots(), 0);
    for (std::int64_t node = 0; node < graph.nodes; ++node) {
      const std::int64_t begin = graph.row_start[node];
      for (std::int64_t edge = begin; edge < graph.row_start[node + 1]; ++edge) {
        const Slot to = slot_of(node), from = slot_of(graph.reference[edge]);
        references.put(to, static_cast<Slot>(edge - begin), from, graph.weight[edge]);
        dependents.put(from, placed[from]++, to, graph.weight[edge]);
      }
    }
    references.find_sources(in);
    dependents.find_sources(out);
  }

  Slot chunks() const { return chunks_; }
  Slot slots() const { return chunks_ * kLanes; }
  Slot slot_of(std::int64_t node) const {
    return kLanes == 1 ? static_cast<Slot>(node) : slot_[node];
  }
  // The slot's node, -1 if it is padding.
  std::int64_t node_of(Slot slot) const { return kLanes == 1 ? slot : node_[slot]; }

  Edges references;  // what errors are summed from
  Edges dependents;  // what influences are summed from

 private:
  static bool is_source(const GraphView& graph, std::int64_t node) {
    return graph.row_start[node] == graph.row_start[node + 1];
  }

  void place_nodes(const GraphView& graph) {
    if (kLanes == 1) {
      chunks_ = static_cast<Slot>(graph.nodes);
      return;
    }
    slot_.resize(graph.nodes);
    std::int64_t first = 0;  // node of the present chunk
    Slot next = 0;
    for (std::int64_t node = 0; node < graph.nodes; ++node) {
      bool fits = node - first < kLanes && is_source(graph, node) == is_source(graph, first);
      for (auto edge = graph.row_start[node]; fits && edge < graph.row_start[node + 1]; ++edge) {
        fits = graph.reference[edge] < first;
      }
      if (!fits) {
        first = node;
        next = (next + kLanes - 1) / kLanes * kLanes;
      }
      slot_[node] = next++;
    }
    chunks_ = (next + kLanes - 1) / kLanes;
    node_.assign(slots(), -1);
    for (std::int64_t node = 0; node < graph.nodes; ++node) node_[slot_[node]] = node;
  }

  Slot chunks_ = 0;
  std::vector<Slot> slot_;          // [nodes], with several lanes
  std::vector<std::int64_t> node_;  // [slots], with several lanes
};

}  // namespace palantir

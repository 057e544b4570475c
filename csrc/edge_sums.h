// Sums over what the patches of a frame take from each patch of its references.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace palantir {

// What of a patch comes from a source, in the units of whoever measured it.
struct Edge {
  int32_t patch;      // dependent patch of this frame
  int32_t reference;  // coded-frame index, earlier than this frame
  int32_t source;     // patch of the reference
  double weight;
};

// Sums of (patch, reference, source), each patch's in a list of its own: a patch refers to few
// others, mostly to the one that it referred to last.
class EdgeSums {
 public:
  explicit EdgeSums(int patches) : head_(patches, -1) { entries_.reserve(8 * head_.size()); }

  void add(int patch, int32_t reference, int32_t source, int64_t amount) {
    int* link = &head_[patch];
    for (int i = *link; i >= 0; link = &entries_[i].next, i = *link) {
      Entry& entry = entries_[i];
      if (entry.source != source || entry.reference != reference) continue;
      entry.amount += amount;
      if (link == &head_[patch]) return;
      *link = entry.next;
      entry.next = head_[patch];
      head_[patch] = i;
      return;
    }
    entries_.push_back({reference, source, head_[patch], amount});
    head_[patch] = static_cast<int>(entries_.size()) - 1;
  }

  // All of them, sorted by (patch, reference, source); `unit_of` a source patch gives what an
  // edge's sum is divided by.
  template <class UnitOf>
  std::vector<Edge> edges(const UnitOf& unit_of) const {
    std::vector<Edge> edges;
    edges.reserve(entries_.size());
    for (size_t patch = 0; patch < head_.size(); ++patch) {
      const auto first = static_cast<std::ptrdiff_t>(edges.size());
      for (int i = head_[patch]; i >= 0; i = entries_[i].next) {
        const Entry& entry = entries_[i];
        edges.push_back({static_cast<int32_t>(patch), entry.reference, entry.source,
                         static_cast<double>(entry.amount) / unit_of(entry.source)});
      }
      std::sort(edges.begin() + first, edges.end(), [](const Edge& a, const Edge& b) {
        return a.reference != b.reference ? a.reference < b.reference : a.source < b.source;
      });
    }
    return edges;
  }

 private:
  struct Entry {
    int32_t reference, source;
    int next;  // of the same patch, -1 at the end
    int64_t amount;
  };

  std::vector<int> head_;
  std::vector<Entry> entries_;
};

}  // namespace palantir

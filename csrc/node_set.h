// A set of nodes that is emptied in the order of decoding, or against it, while it still grows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace palantir {

class NodeSet {
 public:
  explicit NodeSet(std::int64_t nodes) : word_(nodes / 64 + 1, 0) {}

  void add(std::int64_t node) { word_[node / 64] |= std::uint64_t{1} << node % 64; }

  // Takes out every node up to `last`, smallest first; `visit` may add larger ones. What is beyond
  // `last` is thrown away.
  template <class Visit>
  void drain_upwards(std::int64_t last, const Visit& visit) {
    for (std::int64_t i = 0; i <= last / 64; ++i) {
      while (word_[i] != 0) {
        const std::int64_t node = i * 64 + __builtin_ctzll(word_[i]);
        word_[i] &= word_[i] - 1;
        if (node <= last) visit(node);
      }
    }
    std::fill(word_.begin() + last / 64 + 1, word_.end(), 0);
  }

  // Takes out every node, largest first; `visit` may add smaller ones.
  template <class Visit>
  void drain_downwards(const Visit& visit) {
    for (std::int64_t i = static_cast<std::int64_t>(word_.size()); i-- > 0;) {
      while (word_[i] != 0) {
        const int bit = 63 - __builtin_clzll(word_[i]);
        word_[i] ^= std::uint64_t{1} << bit;
        visit(i * 64 + bit);
      }
    }
  }

 private:
  std::vector<std::uint64_t> word_;
};

}  // namespace palantir

// The patch grid over one plane: equal tiles, the last row and column take the remainder.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace palantir {

struct PatchGrid {
  int rows = 1;
  int columns = 1;

  int count() const { return rows * columns; }
};

// Borders of `parts` tiles of `length` luma pixels, in samples of a plane subsampled by 1 << shift.
// A chroma sample belongs to the patch of its first luma pixel.
inline std::vector<int> tile_edges(int length, int parts, int shift = 0) {
  if (parts < 1 || length < parts)
    throw std::invalid_argument("cannot cut " + std::to_string(length) + " pixels into " +
                                std::to_string(parts) + " patches");
  std::vector<int> edges(parts + 1);
  const int round_up = (1 << shift) - 1;
  for (int i = 0; i < parts; ++i) edges[i] = (i * (length / parts) + round_up) >> shift;
  edges[parts] = (length + round_up) >> shift;
  return edges;
}

// The tile of each position inside the edges.
inline std::vector<int> tiles_of(const std::vector<int>& edges) {
  std::vector<int> tiles(edges.back());
  for (size_t i = 0; i + 1 < edges.size(); ++i)
    std::fill(tiles.begin() + edges[i], tiles.begin() + edges[i + 1], static_cast<int>(i));
  return tiles;
}

}  // namespace palantir

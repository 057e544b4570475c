// Anchor patches of one frame merged into the rectangles that go through the network, as anchors
// come one by one. palantir/tiles.py merges a whole set at once; the two agree.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "patch_grid.h"

namespace palantir {

// Luma pixels from edges[first] to edges[stop], grown to whole chroma pixels and by the halo on
// both sides, cut to the frame.
std::int64_t length_with_halo(const std::vector<int>& edges, int first, int stop,
                              std::int64_t halo);

// Luma pixels, halo included, of the tiles of a frame's patches p with set[p] == value. Throws
// std::invalid_argument as MergedTiles does.
std::int64_t merged_pixels(const PatchGrid& grid, int width, int height, std::int64_t halo,
                           const std::uint8_t* set, int value);

class MergedTiles {
 public:
  // `halo`: luma pixels of halo around a tile. Throws std::invalid_argument if it is negative or
  // the grid does not fit the frame.
  MergedTiles(const PatchGrid& grid, int width, int height, std::int64_t halo);

  // Makes a patch an anchor, which it is not yet; returns the luma pixels, halo included, that all
  // tiles have more now. Fewer than 0 where the patch joins tiles whose halos overlapped.
  // Throws std::invalid_argument if it is no patch, or an anchor already.
  std::int64_t add(int patch);

 private:
  using Rows = std::array<int, 2>;  // first and stop

  bool has_run(int row, int first, int stop) const;
  Rows rows_of(int row, int first, int stop) const;
  std::int64_t pixels_around(int row) const;

  const std::vector<int> columns_, rows_;  // edges, in luma pixels
  const std::int64_t halo_;
  std::vector<std::map<int, int>> runs_;  // of anchors in each row: first column to stop
};

}  // namespace palantir

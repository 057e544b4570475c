// Rectangles of patches, up to whole frames, by gain per cost.
//
// A rectangle costs what its one tile with its halo does, less what the tiles within it have cost
// that are run already; 1 at least. There may be several networks, the tiers, from the lowest to
// the highest: a tile takes the place of tiles of its own and of lower tiers, and holds no others.
//
// Nothing is kept for each rectangle: those of one frame are summed up and priced at a time, one
// stretch of rows after another. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "patch_grid.h"
#include "spans.h"

namespace palantir {

struct Rectangle {
  Spans::Span rows, columns;
  double cost;  // of its tile by itself

  bool holds(const Rectangle& other) const {
    return rows.holds(other.rows) && columns.holds(other.columns);
  }
};

struct NetworkTier {
  std::int64_t halo;   // LR pixels around a tile
  std::int64_t price;  // of an LR pixel, 1 or more
};

using FrameSize = std::array<int, 2>;  // width and height

class Rectangles {
 public:
  // Throws std::invalid_argument where the grid does not fit a size or a halo is negative.
  Rectangles(const PatchGrid& grid, const std::vector<FrameSize>& frames,
             const std::vector<NetworkTier>& tiers);

  // Of the frame's rectangles that go over to a tier. gains[patches]: what each patch's doing so
  // gains; a rectangle with one of -infinity is none.
  double largest_gain_per_cost(std::size_t frame, int tier, const double* gains);
  // The first that reaches a gain per cost; the last of all, the whole frame, where none does. In
  // order: rows by how many, then by the first; then columns so.
  Rectangle first_of(double gain_per_cost, std::size_t frame, int tier, const double* gains);

  // Runs the rectangle as one tile.
  void run(const Rectangle& rectangle, std::size_t frame);

 private:
  struct Lengths {  // with halo, of the spans of frames of one size
    std::vector<double> rows, columns;
  };

  const Lengths& lengths(std::size_t frame, int tier) const {
    return lengths_[size_of_[frame] * tiers_.size() + tier];
  }
  template <class Visit>
  void each_stretch(std::size_t frame, int tier, const double* gains, const Visit& visit);
  void price(std::size_t rows, std::size_t frame, int tier);

  const PatchGrid grid_;
  const std::vector<NetworkTier> tiers_;
  const Spans rows_, columns_;
  std::vector<std::size_t> size_of_;         // of each frame
  std::vector<Lengths> lengths_;             // [sizes][tiers]
  std::vector<std::vector<Rectangle>> run_;  // of each frame; none within another
  // Room for one frame.
  std::vector<double> row_sums_;              // [spans of rows][columns]
  std::vector<double> sums_, costs_, marks_;  // of one stretch of rows, [spans of columns]
};

}  // namespace palantir

// The patch grid over a plane: borders, the remainder, subsampled planes, grids that do not fit.
#include "patch_grid.h"

#include "expect.h"

namespace {

using palantir::tile_edges;
using palantir::tiles_of;

bool refuses(int length, int parts) {
  try {
    tile_edges(length, parts);
    return false;
  } catch (const std::invalid_argument&) {
    return true;
  }
}

void last_tile_takes_the_remainder() {
  expect(tile_edges(480, 3) == std::vector<int>{0, 160, 320, 480}, "equal tiles");
  expect(tile_edges(854, 5) == std::vector<int>{0, 170, 340, 510, 680, 854}, "remainder");
  expect(tile_edges(1, 1) == std::vector<int>{0, 1}, "one pixel");
  expect(tile_edges(5, 5) == std::vector<int>{0, 1, 2, 3, 4, 5}, "a pixel a tile");
}

void chroma_sample_belongs_to_the_patch_of_its_first_luma_pixel() {
  for (int length = 1; length < 40; ++length)
    for (int parts = 1; parts <= length; ++parts) {
      const auto luma = tile_edges(length, parts), chroma = tile_edges(length, parts, 1);
      expect(chroma.back() == (length + 1) / 2, "a subsampled line is rounded up");
      const auto of_chroma = tiles_of(chroma), of_luma = tiles_of(luma);
      for (int x = 0; x < chroma.back(); ++x)
        expect(of_chroma[x] == of_luma[2 * x], "tile of a chroma sample");
    }
}

void every_position_lies_in_the_tile_found() {
  for (int length = 1; length < 40; ++length)
    for (int parts = 1; parts <= length; ++parts) {
      const auto edges = tile_edges(length, parts);
      const auto tiles = tiles_of(edges);
      expect(tiles.size() == static_cast<size_t>(length), "every position has a tile");
      for (int x = 0; x < length; ++x) {
        const int tile = tiles[x];
        expect(tile >= 0 && tile < parts, "tile exists");
        expect(edges[tile] <= x && x < edges[tile + 1], "tile holds the position");
      }
    }
}

void grids_that_do_not_fit_are_refused() {
  expect(refuses(3, 4), "more tiles than pixels");
  expect(refuses(16, 0), "no tiles");
  expect(refuses(16, -1), "a negative number of tiles");
  expect(refuses(0, 1), "no pixels");
}

}  // namespace

int main() {
  last_tile_takes_the_remainder();
  chroma_sample_belongs_to_the_patch_of_its_first_luma_pixel();
  every_position_lies_in_the_tile_found();
  grids_that_do_not_fit_are_refused();
  return failures > 0;
}

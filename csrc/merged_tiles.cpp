#include "merged_tiles.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>

namespace palantir {

namespace {

void check_halo(std::int64_t halo) {
  if (halo < 0) throw std::invalid_argument("a halo of " + std::to_string(halo) + " pixels");
}

}  // namespace

std::int64_t length_with_halo(const std::vector<int>& edges, int first, int stop,
                              std::int64_t halo) {
  const std::int64_t begin = (edges[first] & ~1) - halo;
  const std::int64_t end = ((std::int64_t{edges[stop]} + 1) & ~1) + halo;
  return std::min<std::int64_t>(end, edges.back()) - std::max<std::int64_t>(begin, 0);
}

std::int64_t merged_pixels(const PatchGrid& grid, int width, int height, std::int64_t halo,
                           const std::uint8_t* set, int value) {
  struct Tile {
    int first, stop, top;
  };
  const std::vector<int> columns = tile_edges(width, grid.columns);
  const std::vector<int> rows = tile_edges(height, grid.rows);
  check_halo(halo);
  std::vector<Tile> above, here;  // that reach the row before, and this row, from left to right
  std::int64_t pixels = 0;
  for (int row = 0; row <= grid.rows; ++row) {
    auto tile = above.begin();
    const auto close_before = [&](int column) {
      for (; tile != above.end() && tile->first < column; ++tile)
        pixels += length_with_halo(columns, tile->first, tile->stop, halo) *
                  length_with_halo(rows, tile->top, row, halo);
    };
    const auto has = [&](int column) {
      return column < grid.columns && set[row * grid.columns + column] == value;
    };
    here.clear();
    for (int column = 0; row < grid.rows && column < grid.columns; ++column) {
      const int first = column;
      while (has(column)) ++column;
      if (column == first) continue;
      close_before(first);
      const bool goes_on = tile != above.end() && tile->first == first && tile->stop == column;
      here.push_back(goes_on ? *tile++ : Tile{first, column, row});
    }
    close_before(grid.columns);
    std::swap(above, here);
  }
  return pixels;
}

MergedTiles::MergedTiles(const PatchGrid& grid, int width, int height, std::int64_t halo)
    : columns_(tile_edges(width, grid.columns)),
      rows_(tile_edges(height, grid.rows)),
      halo_(std::min<std::int64_t>(halo, std::numeric_limits<int>::max())),  // more than a frame
      runs_(grid.rows) {
  check_halo(halo);
}

std::int64_t MergedTiles::add(int patch) {
  const int columns = static_cast<int>(columns_.size()) - 1;
  if (patch < 0 || patch / columns >= static_cast<int>(runs_.size()))
    throw std::invalid_argument("no patch " + std::to_string(patch));
  const int row = patch / columns, column = patch % columns;
  auto& runs = runs_[row];
  const auto next = runs.upper_bound(column);
  const auto before = next == runs.begin() ? runs.end() : std::prev(next);
  if (before != runs.end() && column < before->second)
    throw std::invalid_argument("patch " + std::to_string(patch) + " is an anchor already");
  const std::int64_t pixels = pixels_around(row);
  const bool joins = next != runs.end() && next->first == column + 1;
  const int stop = joins ? next->second : column + 1;
  if (joins) runs.erase(next);
  if (before != runs.end() && before->second == column)
    before->second = stop;
  else
    runs[column] = stop;
  return pixels_around(row) - pixels;
}

bool MergedTiles::has_run(int row, int first, int stop) const {
  const auto found = runs_[row].find(first);
  return found != runs_[row].end() && found->second == stop;
}

// Of the tile that a run in `row` belongs to: equal runs in successive rows are one.
MergedTiles::Rows MergedTiles::rows_of(int row, int first, int stop) const {
  int top = row, bottom = row + 1;
  while (top > 0 && has_run(top - 1, first, stop)) --top;
  while (bottom < static_cast<int>(runs_.size()) && has_run(bottom, first, stop)) ++bottom;
  return {top, bottom};
}

// Of all tiles that reach into a row or the rows beside it: those that an anchor there can change.
std::int64_t MergedTiles::pixels_around(int row) const {
  std::set<std::tuple<int, int, int>> counted;  // top, first and stop
  std::int64_t pixels = 0;
  const int last = std::min(row + 1, static_cast<int>(runs_.size()) - 1);
  for (int near = std::max(row - 1, 0); near <= last; ++near) {
    for (const auto& [first, stop] : runs_[near]) {
      const auto [top, bottom] = rows_of(near, first, stop);
      if (!counted.emplace(top, first, stop).second) continue;
      pixels += length_with_halo(columns_, first, stop, halo_) *
                length_with_halo(rows_, top, bottom, halo_);
    }
  }
  return pixels;
}

}  // namespace palantir

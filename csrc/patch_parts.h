// Blocks cut at the borders of patches, and at those of the patches that they refer to.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "coded_frame.h"
#include "patch_grid.h"

namespace palantir {

struct Span {  // part of a run of cells that falls into one patch
  int patch;
  int cells;
};

// A run of up to kMaxBlock cells cut at the tile edges, each position clamped into the line.
class Cut {
 public:
  void make(const std::vector<int>& edges, const std::vector<int>& tiles, int begin, int length) {
    const int last = edges.back() - 1;
    const int first_tile = tiles[std::clamp(begin, 0, last)];
    const int last_tile = tiles[std::clamp(begin + length - 1, 0, last)];
    count_ = 0;
    for (int tile = first_tile, from = begin; tile <= last_tile; ++tile) {
      const int to = tile == last_tile ? begin + length : edges[tile + 1];
      if (to > from) spans_[count_++] = {tile, to - from};  // a patch of one pixel may lack a cell
      from = to;
    }
  }

  const Span* begin() const { return spans_.data(); }
  const Span* end() const { return spans_.data() + count_; }

 private:
  std::array<Span, kMaxBlock> spans_;
  int count_ = 0;
};

// In cells of 1 << shift luma pixels a side, at most 4; a cell is in the patch of its first pixel.
// What is left of a motion vector is dropped (rounded down, as the codec addresses pixels);
// positions outside the reference are clamped to its edge. Blocks with a reference of another size
// count as intra.
class PatchParts {
 public:
  // Throws std::invalid_argument if the grid does not fit the frame.
  PatchParts(const CodedFrame& frame, const PatchGrid& grid, int shift)
      : shift_(shift),
        grid_columns_(grid.columns),
        columns_(tile_edges(frame.facts.width, grid.columns, shift)),
        rows_(tile_edges(frame.facts.height, grid.rows, shift)),
        column_of_(tiles_of(columns_)),
        row_of_(tiles_of(rows_)) {}

  // Calls visit.whole(patch, part, references) for each part of a block inside one patch and
  // vector, and for each reference visit.piece(patch, reference, source, piece, references) for
  // what of it lies in one patch there; pieces are given where they are in this frame.
  template <class Visit>
  void cut(const Block& block, Visit& visit) {
    if (!block.inter || !block.usable || !block.split)
      return cut_rectangle(block, 0, {block.x, block.y, block.width, block.height}, visit);
    for (int quarter = 0; quarter < 4; ++quarter)
      cut_rectangle(block, quarter,
                    {block.x + 4 * (quarter & 1), block.y + 4 * (quarter >> 1), 4, 4}, visit);
  }

  double cells_of(int patch) const {
    const int row = patch / grid_columns_, column = patch % grid_columns_;
    return static_cast<double>(rows_[row + 1] - rows_[row]) *
           (columns_[column + 1] - columns_[column]);
  }

 private:
  template <class Visit>
  void cut_rectangle(const Block& block, int quarter, const Area& pixels, Visit& visit) {
    Area area{pixels.x >> shift_, pixels.y >> shift_, pixels.width >> shift_,
              pixels.height >> shift_};
    area.width = std::min(area.width, columns_.back() - area.x);
    area.height = std::min(area.height, rows_.back() - area.y);
    if (area.empty()) return;
    across_.make(columns_, column_of_, area.x, area.width);
    down_.make(rows_, row_of_, area.y, area.height);
    int top = area.y;
    for (const Span& row : down_) {
      int left = area.x;
      for (const Span& column : across_) {
        cut_part(block, quarter, row.patch * grid_columns_ + column.patch,
                 {left, top, column.cells, row.cells}, visit);
        left += column.cells;
      }
      top += row.cells;
    }
  }

  template <class Visit>
  void cut_part(const Block& block, int quarter, int patch, const Area& part, Visit& visit) {
    const int references = block.usable ? block.inter : 0;
    visit.whole(patch, part, references);
    for (int r = 0; r < references; ++r) {
      const int16_t* mv = block.mv[r][quarter];
      source_across_.make(columns_, column_of_, part.x + (mv[1] >> (3 + shift_)), part.width);
      source_down_.make(rows_, row_of_, part.y + (mv[0] >> (3 + shift_)), part.height);
      int top = part.y;
      for (const Span& row : source_down_) {
        int left = part.x;
        for (const Span& column : source_across_) {
          visit.piece(patch, block.reference[r], row.patch * grid_columns_ + column.patch,
                      {left, top, column.cells, row.cells}, references);
          left += column.cells;
        }
        top += row.cells;
      }
    }
  }

  int shift_, grid_columns_;
  std::vector<int> columns_, rows_, column_of_, row_of_;
  Cut across_, down_, source_across_, source_down_;
};

}  // namespace palantir

// What is kept of a frame that was enhanced by detail reuse: the detail of each plane, and the
// exact pixels of its anchors.
//
// Detail is int8 with an exponent for the whole frame, in cells of kCell x kCell LR luma pixels.
// In a dead cell it is 0. Buffers come from a pool and go back with the map of live cells, so that
// only cells are cleared that the buffer's last user had live and this one has not.
//
// Written by one thread; once it is complete, any thread may read it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "buffer_pool.h"
#include "coded_frame.h"
#include "plane.h"
#include "row_kernels.h"

namespace palantir {

// Fractional bits of kept detail, the frame's exponent: it reaches +-31.75 grey levels with 2, +-127
// with 0.
constexpr int kMinDetailBits = 0, kMaxDetailBits = 2;

// The bits that lose least of anchors' detail (kFractionBits): too many clip what is strong, too
// few round what is fine, and that again in each frame that reuses it.
int fitting_bits(const std::vector<Plane<const int16_t>>& details);

// Detail whose magnitude stays at or below one and a half grey levels all over a cell is dropped: by
// then it is as likely to be wrong as right.
constexpr int dead_detail(int bits) { return (3 << bits) / 2; }

class DetailPlane {
 public:
  DetailPlane() = default;
  // All dead, but stale samples may lie in cells until `finish`. `cell` is the side of a cell in LR
  // samples of this plane.
  DetailPlane(BufferPool& pool, int width, int height, int scale, int cell, int bits);

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int side() const { return side_; }  // of a cell, in SR samples
  int live_cells() const { return live_cells_; }
  // Only what lies inside the plane is detail; rows run on to whole cells.
  Plane<int8_t> samples() const { return {samples_, stride_, width_, height_}; }
  const uint8_t* live_row(int row) const { return live_ + static_cast<size_t>(row) * columns_; }
  bool is_live(int column, int row) const { return live_row(row)[column] != 0; }

  // Whether a cell of the rectangle (columns, rows, both ends inside) is live; clamped.
  bool any_live(int left, int top, int right, int bottom) const;

  // The samples of a cell were written, `greatest` is their greatest magnitude.
  void finish_cell(int column, int row, int greatest);
  // All cells of these rows that have detail were finished.
  void finish_rows(int begin, int end);
  int greatest_of_cell(int column, int row) const;

 private:
  void clear_cell(int column, int row);

  BufferPool::Buffer bytes_;
  uint8_t* live_ = nullptr;   // this frame's cells
  uint8_t* stale_ = nullptr;  // those of the buffer's last user
  int8_t* samples_ = nullptr;
  std::ptrdiff_t stride_ = 0;
  int width_ = 0, height_ = 0, side_ = 0, columns_ = 0, rows_ = 0, live_cells_ = 0, dead_ = 0;
};

// Pixels of an anchor as the network and U(LR) gave them, before detail was rounded for keeping.
struct AnchorPixels {
  int plane, x, y, width, height;
  BufferPool::Buffer pixels;  // row-major
};

struct DetailFrame {
  std::array<DetailPlane, kPlanes> planes;
  std::vector<AnchorPixels> anchors;
  int scale, bits;

  DetailFrame(BufferPool& pool, const CodedFrame& frame, int scale, int bits);
  bool fits(const CodedFrame& frame, int scale) const;

  // An anchor's rectangle of plane `p` at SR sample (x, y): its detail with kFractionBits, and the
  // pixels it shows.
  void paste(BufferPool& pool, int p, int x, int y, const Plane<const int16_t>& detail,
             const Plane<const uint8_t>& pixels);
  // The same detail, without anchors' pixels, rounded to fewer bits.
  DetailFrame coarser(BufferPool& pool, const CodedFrame& frame, int bits) const;
  // A rectangle to which the network adds nothing.
  void clear(int p, const Area& area);

 private:
  void check_cells(int p, const Area& area);
};

}  // namespace palantir

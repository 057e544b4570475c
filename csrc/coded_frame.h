// One coded frame as the decoder left it: facts, blocks and the three pictures that reuse needs.
//
// A CodedFrame owns its pixels (through the decoder's buffer pool), is immutable once decoded, and
// may be read from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "buffer_pool.h"
#include "plane.h"

extern "C" {
#include "vp9/decoder/palantir_observer.h"
}

namespace palantir {

using Block = PalantirBlock;
constexpr int kMaxBlock = 64;  // largest side of a block, in luma pixels

// Three planes in one buffer; samples are uint16_t when `deep`.
struct Picture {
  BufferPool::Buffer bytes;
  std::array<size_t, kPlanes> offset{};         // in bytes
  std::array<std::ptrdiff_t, kPlanes> stride{};  // in samples
  std::array<int, kPlanes> width{};
  std::array<int, kPlanes> height{};
  bool deep = false;

  Picture() = default;
  // With undefined content. Rows go on to the end of the widest block that starts inside the
  // picture.
  Picture(BufferPool& pool, const PalantirFrame& frame);
  // The finished picture where it is, in the buffer that libvpx decoded into.
  Picture(BufferPool::Buffer buffer, const PalantirFrame& frame);

  template <class Sample>
  Plane<Sample> plane(int p) const {
    auto* data = reinterpret_cast<Sample*>(bytes.get() + offset[p]);
    return {data, stride[p], width[p], height[p]};
  }
  PalantirPicture view() const;
};

struct CodedFrame {
  PalantirFrame facts;     // its picture pointers are not valid here
  bool shown = false;      // displayed by its own packet
  std::vector<Block> blocks;
  Picture picture;         // after the loop filter: what a player shows
  Picture prediction;      // what motion compensation gave; an intra block holds its reconstruction
  Picture reconstruction;  // before the loop filter
  bool full = true;        // false: the last two are empty
};

// The part of one plane that a block covers, cut to the picture; a side may be 0 or less.
struct Area {
  int x, y, width, height;

  bool empty() const { return width <= 0 || height <= 0; }
};

inline Area area_of(const CodedFrame& frame, const Block& block, int p) {
  const int shift_x = p ? frame.facts.subsampling_x : 0;
  const int shift_y = p ? frame.facts.subsampling_y : 0;
  const int x = block.x >> shift_x, y = block.y >> shift_y;
  return {x, y, std::min(block.width >> shift_x, frame.facts.plane_width[p] - x),
          std::min(block.height >> shift_y, frame.facts.plane_height[p] - y)};
}

}  // namespace palantir

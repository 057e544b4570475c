// One coded frame as the decoder left it: facts, blocks and the three pictures that reuse needs.
//
// A CodedFrame owns its pixels (through the decoder's buffer pool), is immutable once decoded, and
// may be read from any thread.
#pragma once

#include <array>
#include <vector>

#include "buffer_pool.h"
#include "plane.h"

extern "C" {
#include "vp9/decoder/palantir_observer.h"
}

namespace palantir {

using Block = PalantirBlock;

// Three planes in one buffer; samples are uint16_t when `deep`.
struct Picture {
  BufferPool::Buffer bytes;
  std::array<size_t, kPlanes> offset{};
  std::array<int, kPlanes> width{};
  std::array<int, kPlanes> height{};
  bool deep = false;

  Picture() = default;
  Picture(BufferPool& pool, const PalantirFrame& frame);

  template <class Sample>
  Plane<Sample> plane(int p) const {
    auto* data = reinterpret_cast<Sample*>(bytes.get() + offset[p]);
    return {data, width[p], width[p], height[p]};
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
};

}  // namespace palantir

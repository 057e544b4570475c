// Motion compensation of detail: the codec's motion vectors times the scale, a short filter of our
// own where they end between samples, positions outside the picture clamped to its edge.
#pragma once

#include <cstddef>
#include <cstdint>

#include "motion.h"
#include "plane.h"

namespace palantir {

constexpr int kMaxCellSide = kCell * kMaxScale;  // in SR samples

// Samples of one cell: in a reference's plane where they can be read as they are, else in `room`.
struct CellSource {
  const int8_t* data = nullptr;
  std::ptrdiff_t stride = 0;
};

// Where made-up samples go; rows of kStride, with kSlack behind the last.
struct CellRoom {
  static constexpr std::ptrdiff_t kStride = 2 * kMaxCellSide;
  alignas(64) int8_t samples[kMaxCellSide * kStride + kSlack];
};

// Weights of the samples at -1, 0, 1 and 2 for each sixteenth of a sample; they sum to 64.
const int16_t (*detail_taps())[4];

// `reference` displaced by the part's vector, over the part (sides up to kMaxCellSide). What lies
// right of the part is undefined.
CellSource displace(const Plane<const int8_t>& reference, const MotionPart& part, CellRoom& room);

}  // namespace palantir

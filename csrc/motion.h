// Motion compensation at SR scale: the codec's motion vectors times the scale, the codec's own
// interpolation kernels, positions outside the picture clamped to its edge (VP9 spec 8.5.2.3).
#pragma once

#include <cstdint>

#include "coded_frame.h"
#include "plane.h"
#include "resample.h"

namespace palantir {

constexpr int kMaxSide = kMaxBlock * kMaxScale;  // of a block, in SR pixels

// A rectangle of SR pixels in one plane and where its reference lies.
struct MotionPart {
  int x, y, width, height;  // sides up to kMaxSide
  int vector_x, vector_y;   // in 1/16 SR pixel of this plane
};

// out (width x height, `stride` samples a row) = reference displaced by the vector.
// Rounded and clipped after each pass as the codec does.
void compensate(const Plane<const uint8_t>& reference, const MotionPart& part, int filter,
                uint8_t* out, std::ptrdiff_t stride);

// Call `visit(part)` for each part of `block` that has one motion vector in plane `p`, cut to the
// LR plane, in SR pixels. Sub-8x8 blocks give four luma parts and one chroma part with the mean
// vector. 4:2:0 only.
template <class Visit>
void for_each_part(const CodedFrame& frame, const Block& block, int reference, int p, int scale,
                   Visit visit) {
  const int shift = p ? 1 : 0;
  const int plane_width = frame.facts.plane_width[p], plane_height = frame.facts.plane_height[p];
  const auto emit = [&](int x, int y, int width, int height, int mv_x, int mv_y) {
    width = width < plane_width - x ? width : plane_width - x;
    height = height < plane_height - y ? height : plane_height - y;
    if (width <= 0 || height <= 0) return;
    // A luma vector counts eighths of a pixel, the same number sixteenths of a chroma pixel.
    const int unit = p ? scale : 2 * scale;
    visit(MotionPart{x * scale, y * scale, width * scale, height * scale, mv_x * unit,
                     mv_y * unit});
  };
  const auto* mv = block.mv[reference];
  const int x = block.x >> shift, y = block.y >> shift;
  if (!block.split)
    return emit(x, y, block.width >> shift, block.height >> shift, mv[0][1], mv[0][0]);
  if (p == 0) {
    for (int q = 0; q < 4; ++q)
      emit(x + 4 * (q & 1), y + 4 * (q >> 1), 4, 4, mv[q][1], mv[q][0]);
    return;
  }
  const auto mean = [&](int axis) {
    const int sum = mv[0][axis] + mv[1][axis] + mv[2][axis] + mv[3][axis];
    return (sum < 0 ? sum - 2 : sum + 2) / 4;
  };
  emit(x, y, 4, 4, mean(1), mean(0));
}

}  // namespace palantir

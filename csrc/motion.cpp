#include "motion.h"

#include <algorithm>
#include <cstring>

#include "simd.h"

namespace palantir {

namespace {

constexpr int kKernelTaps = 8;
constexpr int kBefore = 3;  // taps left of the pixel itself
constexpr int kMaxSource = kMaxSide + kKernelTaps - 1;
constexpr int kKernelBits = 7;

inline uint8_t store(int sum) {
  return static_cast<uint8_t>(std::clamp((sum + 64) >> kKernelBits, 0, 255));
}

// `step` is 1 for a horizontal pass, the stride for a vertical one.
PALANTIR_CLONES
void filter(const uint8_t* in, std::ptrdiff_t step, const int16_t* kernel, int width,
            uint8_t* out) {
  for (int x = 0; x < width; ++x) {
    int sum = 0;
    for (int tap = 0; tap < kKernelTaps; ++tap) sum += kernel[tap] * in[x + (tap - kBefore) * step];
    out[x] = store(sum);
  }
}

struct Source {
  const uint8_t* data;
  std::ptrdiff_t stride;
};

// The rectangle at (x, y) with the margins the filters need; a clamped copy where it leaves the
// picture. `data` points at (x, y).
Source fetch(const Plane<const uint8_t>& plane, int x, int y, int width, int height,
             uint8_t* copy) {
  const int left = x - kBefore, top = y - kBefore;
  const int total_width = width + kKernelTaps - 1, total_height = height + kKernelTaps - 1;
  if (left >= 0 && top >= 0 && left + total_width <= plane.width &&
      top + total_height <= plane.height)
    return {plane.row(y) + x, plane.stride};
  for (int j = 0; j < total_height; ++j) {
    const uint8_t* from = plane.row(std::clamp(top + j, 0, plane.height - 1));
    for (int i = 0; i < total_width; ++i)
      copy[j * kMaxSource + i] = from[std::clamp(left + i, 0, plane.width - 1)];
  }
  return {copy + kBefore * kMaxSource + kBefore, kMaxSource};
}

}  // namespace

void compensate(const Plane<const uint8_t>& reference, const MotionPart& part, int filter_type,
                uint8_t* out, std::ptrdiff_t stride) {
  thread_local uint8_t clamped[kMaxSource * kMaxSource];
  thread_local uint8_t across[kMaxSource * kMaxSide];
  const auto* kernels = palantir_filter_kernels(filter_type);
  const int phase_x = part.vector_x & 15, phase_y = part.vector_y & 15;
  const auto source = fetch(reference, part.x + (part.vector_x >> 4),
                            part.y + (part.vector_y >> 4), part.width, part.height, clamped);
  if (!phase_x && !phase_y) {
    for (int y = 0; y < part.height; ++y)
      std::memcpy(out + y * stride, source.data + y * source.stride, part.width);
  } else if (!phase_y) {
    for (int y = 0; y < part.height; ++y)
      filter(source.data + y * source.stride, 1, kernels[phase_x], part.width, out + y * stride);
  } else if (!phase_x) {
    for (int y = 0; y < part.height; ++y)
      filter(source.data + y * source.stride, source.stride, kernels[phase_y], part.width,
             out + y * stride);
  } else {
    for (int y = 0; y < part.height + kKernelTaps - 1; ++y)
      filter(source.data + (y - kBefore) * source.stride, 1, kernels[phase_x], part.width,
             across + y * kMaxSide);
    for (int y = 0; y < part.height; ++y)
      filter(across + (y + kBefore) * kMaxSide, kMaxSide, kernels[phase_y], part.width,
             out + y * stride);
  }
}

}  // namespace palantir

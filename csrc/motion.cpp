#include "motion.h"

#include <algorithm>
#include <cstring>

#include "simd.h"

namespace palantir {

namespace {

constexpr int kTaps = 8;
constexpr int kBefore = 3;  // taps left of the pixel itself
constexpr int kMaxSource = kMaxSide + kTaps - 1;
constexpr int kKernelBits = 7;
constexpr int kDetailLimit = 255 * kOne;

inline uint8_t store(int sum, uint8_t) {
  return static_cast<uint8_t>(std::clamp((sum + 64) >> kKernelBits, 0, 255));
}
inline int16_t store(int sum, int16_t) {
  return static_cast<int16_t>(
      std::clamp((sum + 64) >> kKernelBits, -kDetailLimit, kDetailLimit));
}

// `step` is 1 for a horizontal pass, the stride for a vertical one.
template <class Sample>
inline void filter_row(const Sample* in, std::ptrdiff_t step, const int16_t* kernel, int width,
                       Sample* out) {
  for (int x = 0; x < width; ++x) {
    int sum = 0;
    for (int tap = 0; tap < kTaps; ++tap) sum += kernel[tap] * in[x + (tap - kBefore) * step];
    out[x] = store(sum, Sample{});
  }
}

PALANTIR_CLONES
void filter(const uint8_t* in, std::ptrdiff_t step, const int16_t* kernel, int width,
            uint8_t* out) {
  filter_row(in, step, kernel, width, out);
}
PALANTIR_CLONES
void filter(const int16_t* in, std::ptrdiff_t step, const int16_t* kernel, int width,
            int16_t* out) {
  filter_row(in, step, kernel, width, out);
}

template <class Sample>
struct Source {
  const Sample* data;
  std::ptrdiff_t stride;
};

// The rectangle at (x, y) with the margins the filters need; a clamped copy where it leaves the
// picture. `data` points at (x, y).
template <class Sample>
Source<Sample> fetch(const Plane<const Sample>& plane, int x, int y, int width, int height,
                     Sample* copy) {
  const int left = x - kBefore, top = y - kBefore;
  const int total_width = width + kTaps - 1, total_height = height + kTaps - 1;
  if (left >= 0 && top >= 0 && left + total_width <= plane.width &&
      top + total_height <= plane.height)
    return {plane.row(y) + x, plane.stride};
  for (int j = 0; j < total_height; ++j) {
    const Sample* from = plane.row(std::clamp(top + j, 0, plane.height - 1));
    for (int i = 0; i < total_width; ++i)
      copy[j * kMaxSource + i] = from[std::clamp(left + i, 0, plane.width - 1)];
  }
  return {copy + kBefore * kMaxSource + kBefore, kMaxSource};
}

template <class Sample>
void compensate_samples(const Plane<const Sample>& reference, const MotionPart& part,
                        int filter_type, Sample* out, std::ptrdiff_t stride) {
  thread_local Sample clamped[kMaxSource * kMaxSource];
  thread_local Sample across[kMaxSource * kMaxSide];
  const auto* kernels = palantir_filter_kernels(filter_type);
  const int phase_x = part.vector_x & 15, phase_y = part.vector_y & 15;
  const auto source = fetch(reference, part.x + (part.vector_x >> 4),
                            part.y + (part.vector_y >> 4), part.width, part.height, clamped);
  if (!phase_x && !phase_y) {
    for (int y = 0; y < part.height; ++y)
      std::memcpy(out + y * stride, source.data + y * source.stride, part.width * sizeof(Sample));
  } else if (!phase_y) {
    for (int y = 0; y < part.height; ++y)
      filter(source.data + y * source.stride, 1, kernels[phase_x], part.width, out + y * stride);
  } else if (!phase_x) {
    for (int y = 0; y < part.height; ++y)
      filter(source.data + y * source.stride, source.stride, kernels[phase_y], part.width,
             out + y * stride);
  } else {
    for (int y = 0; y < part.height + kTaps - 1; ++y)
      filter(source.data + (y - kBefore) * source.stride, 1, kernels[phase_x], part.width,
             across + y * kMaxSide);
    for (int y = 0; y < part.height; ++y)
      filter(across + (y + kBefore) * kMaxSide, kMaxSide, kernels[phase_y], part.width,
             out + y * stride);
  }
}

}  // namespace

void compensate(const Plane<const uint8_t>& reference, const MotionPart& part, int filter,
                uint8_t* out, std::ptrdiff_t stride) {
  compensate_samples(reference, part, filter, out, stride);
}

void compensate(const Plane<const int16_t>& reference, const MotionPart& part, int filter,
                int16_t* out, std::ptrdiff_t stride) {
  compensate_samples(reference, part, filter, out, stride);
}

}  // namespace palantir

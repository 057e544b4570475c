#include "detail_motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace palantir {

namespace {

constexpr int kBefore = 1, kAfter = 2;  // samples that the filter needs around
constexpr int kTapBits = 6;

using TapTable = std::array<int16_t[4], 16>;

double cubic(double x) {
  constexpr double a = -0.75;
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return ((x - 5) * x + 8) * x * a - 4 * a;
}

TapTable make_taps() {
  TapTable table{};
  for (int phase = 0; phase < 16; ++phase) {
    const double fraction = phase / 16.0;
    int sum = 0;
    for (int tap = 0; tap < 4; ++tap) {
      table[phase][tap] =
          static_cast<int16_t>(std::lround((1 << kTapBits) * cubic(fraction - (tap - kBefore))));
      sum += table[phase][tap];
    }
    table[phase][phase <= 8 ? 1 : 2] += static_cast<int16_t>((1 << kTapBits) - sum);
  }
  return table;
}

// The rectangle with the margins that a filter needs, each 0 where it needs none.
struct Rectangle {
  int x, y, width, height, before_x, before_y, after_x, after_y;

  bool inside(const Plane<const int8_t>& plane) const {
    return x - before_x >= 0 && y - before_y >= 0 && x + width + after_x <= plane.width &&
           y + height + after_y <= plane.height;
  }
};

CellSource clamped_copy(const Plane<const int8_t>& plane, const Rectangle& r, int8_t* copy,
                        std::ptrdiff_t stride) {
  for (int j = -r.before_y; j < r.height + r.after_y; ++j) {
    const int8_t* from = plane.row(std::clamp(r.y + j, 0, plane.height - 1));
    int8_t* to = copy + (j + r.before_y) * stride;
    for (int i = -r.before_x; i < r.width + r.after_x; ++i)
      to[i + r.before_x] = from[std::clamp(r.x + i, 0, plane.width - 1)];
  }
  return {copy + r.before_y * stride + r.before_x, stride};
}

}  // namespace

const int16_t (*detail_taps())[4] {
  static const TapTable table = make_taps();
  return table.data();
}

CellSource displace(const Plane<const int8_t>& reference, const MotionPart& part, CellRoom& room) {
  constexpr std::ptrdiff_t stride = CellRoom::kStride;
  constexpr int most_rows = kMaxCellSide + kBefore + kAfter;
  alignas(64) thread_local int8_t copy[most_rows * stride + kSlack];
  alignas(64) thread_local int8_t across[most_rows * stride + kSlack];
  const int phase_x = part.vector_x & 15, phase_y = part.vector_y & 15;
  const Rectangle rectangle{part.x + (part.vector_x >> 4), part.y + (part.vector_y >> 4),
                            part.width, part.height, phase_x ? kBefore : 0,
                            phase_y ? kBefore : 0, phase_x ? kAfter : 0, phase_y ? kAfter : 0};
  CellSource source = rectangle.inside(reference)
                          ? CellSource{reference.row(rectangle.y) + rectangle.x, reference.stride}
                          : clamped_copy(reference, rectangle, copy, stride);
  const auto interpolate = row_kernels().interpolate;
  if (phase_x) {
    int8_t* out = phase_y ? across : room.samples;
    const int above = rectangle.before_y;
    for (int y = -above; y < part.height + rectangle.after_y; ++y)
      interpolate(source.data + y * source.stride, 1, detail_taps()[phase_x], part.width,
                  out + (y + above) * stride);
    source = {out + above * stride, stride};
  }
  if (phase_y) {
    for (int y = 0; y < part.height; ++y)
      interpolate(source.data + y * source.stride, source.stride, detail_taps()[phase_y],
                  part.width, room.samples + y * stride);
    source = {room.samples, stride};
  }
  if (source.data >= copy && source.data < copy + sizeof copy) {  // it is overwritten next time
    for (int y = 0; y < part.height; ++y)
      std::memcpy(room.samples + y * stride, source.data + y * source.stride, part.width);
    source = {room.samples, stride};
  }
  return source;
}

}  // namespace palantir

// The loops of row_kernels.h as plain C++: the scalar table, and what a compiler makes of them for
// one instruction set. Included by row_kernels_*.cpp inside PALANTIR_TARGET.

inline int clip(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

inline void blend_plain(const uint8_t* const* rows, const int16_t* weight, int width,
                        int16_t* out) {
  const int16_t w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3], w4 = weight[4],
                w5 = weight[5];
  const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3], *r4 = rows[4],
                *r5 = rows[5];
  constexpr int shift = kWeightBits - kFractionBits;
  for (int x = 0; x < width; ++x)
    out[x] = static_cast<int16_t>(
        (w0 * r0[x] + w1 * r1[x] + w2 * r2[x] + w3 * r3[x] + w4 * r4[x] + w5 * r5[x] +
         (1 << (shift - 1))) >> shift);
}

inline StretchPlan plan_plain(const Phases& phases) {
  StretchPlan plan;
  plan.phases = phases;
  return plan;
}

inline int16_t stretched_sample(const BlendedRow& row, int x, int phase) {
  const int16_t *from = row.samples + x + row.plan.phases.first[phase],
                *w = row.plan.phases.weight[phase];
  int sum = 1 << (kWeightBits - 1);
  for (int tap = 0; tap < row.plan.phases.taps; ++tap) sum += w[tap] * from[tap];
  return saturated(sum >> kWeightBits);
}

inline uint8_t rounded_pixel(int value) {
  return static_cast<uint8_t>(clip((value + kOne / 2) >> kFractionBits, 0, 255));
}

inline void stretch_plain(const BlendedRow& row, int width, uint8_t* out) {
  const int scale = row.plan.phases.scale;
  for (int x = 0; x < width; ++x)
    for (int i = 0; i < scale; ++i)
      out[x * scale + i] = rounded_pixel(stretched_sample(row, x, i));
}

template <class Base>
inline void mix_with(const Base& base_sample, const BlendedRow& other, int width,
                     const int16_t* detail, const int16_t* weight, uint8_t* out) {
  const int scale = other.plan.phases.scale;
  for (int x = 0; x < width; ++x)
    for (int i = 0; i < scale; ++i) {
      const int at = x * scale + i;
      const int base = base_sample(x, i);
      const int better = saturated(stretched_sample(other, x, i) + detail[at]);
      out[at] = rounded_pixel(base + weighted(saturated(better - base), weight[at]));
    }
}

inline void mix_plain(const BlendedRow& row, const BlendedRow& other, int width,
                      const int16_t* detail, const int16_t* weight, uint8_t* out) {
  const auto base = [&](int x, int i) { return stretched_sample(row, x, i); };
  mix_with(base, other, width, detail, weight, out);
}

inline void mix_over_plain(const int16_t* row, const BlendedRow& other, int width,
                           const int16_t* detail, const int16_t* weight, uint8_t* out) {
  const int scale = other.plan.phases.scale;
  const auto base = [&](int x, int i) { return row[x * scale + i]; };
  mix_with(base, other, width, detail, weight, out);
}

inline void filter_plain(const FilterRow& row, int width, int scale, int16_t* const* out) {
  constexpr int shift = kFilterBits - kFractionBits;
  for (int x = 0; x < width; ++x)
    for (int i = 0; i < scale; ++i)
      for (int j = 0; j < scale; ++j) {
        int sum = (row.pixels[x] << kFilterBits) + (1 << (shift - 1));
        for (int tap = 0; tap < kFilterTaps; ++tap)
          sum += row.differences[tap / 2 * 2 * width + 2 * x + tap % 2] *
                 row.weights[filter_weight(row.classes[x], tap, i, j)];
        out[i][x * scale + j] = saturated(sum >> shift);
      }
}

inline void place_plain(const MapRow& row, const SpotFrame& frame, int x, int y, int count,
                        int32_t* offset, uint8_t* stop) {
  const int16_t *down = row.down, *across = row.across;
  const uint16_t *source = row.source, *confidence = row.confidence;
  const int side = frame.side, scale = frame.scale, shift = frame.shift, half = 1 << shift >> 1;
  const int stride = frame.stride, left = frame.left, top = frame.top;
  const auto width = static_cast<unsigned>(frame.right - left);
  const auto height = static_cast<unsigned>(frame.bottom - top);
  const uint16_t name = source[0];
  const int first = ((down[0] * scale + half) >> shift) * stride + x * side +
                    ((across[0] * scale + half) >> shift);
  for (int i = 0; i < count; ++i) {
    const int dy = (down[i] * scale + half) >> shift, dx = (across[i] * scale + half) >> shift;
    const int at_x = (x + i) * side + dx, at_y = y * side + dy;
    const bool inside = static_cast<unsigned>(at_x - left) <= width &&
                        static_cast<unsigned>(at_y - top) <= height;
    const bool known = inside & (source[i] == name);
    offset[i] = known ? dy * stride + at_x : first;
    stop[i] = !known & (confidence[i] != 0);
  }
}

inline void find_plain(const MapRow& row, const SumsView& view, int x, int y, int count,
                       uint16_t* found) {
  constexpr int unit = 8, step = kSpot * unit;  // a displacement counts 1/8 pixel
  for (int i = 0; i < count; ++i) {
    const int at_x = clip(step * (x + i) + row.across[i], view.left, view.right) - view.left;
    const int at_y = clip(step * y + row.down[i], view.top, view.bottom) - view.top;
    const uint16_t* upper = view.sums + at_y / unit * view.stride + at_x / unit;
    const uint16_t* lower = upper + view.stride;
    const int right = at_x % unit, left = unit - right, down = at_y % unit;
    found[i] = static_cast<uint16_t>((upper[0] * left + upper[1] * right) * (unit - down) +
                                     (lower[0] * left + lower[1] * right) * down);
  }
}

template <int side>
inline void spread_side(const uint16_t* confidence, int width, int16_t* out) {
  for (int x = 0; x < width; ++x)
    for (int i = 0; i < side; ++i) out[x * side + i] = static_cast<int16_t>(confidence[x]);
}

inline void spread_plain(const uint16_t* confidence, int width, int side, int16_t* out) {
  switch (side) {
    case 1: return spread_side<1>(confidence, width, out);
    case 2: return spread_side<2>(confidence, width, out);
    case 3: return spread_side<3>(confidence, width, out);
    case 4: return spread_side<4>(confidence, width, out);
    case 6: return spread_side<6>(confidence, width, out);
    default: return spread_side<8>(confidence, width, out);
  }
}

template <int known_width>
inline void shift_width(const uint16_t* in, std::ptrdiff_t in_stride, int added, int width,
                        int height, uint16_t* out, std::ptrdiff_t stride) {
  const int count = known_width ? known_width : width;
  for (int y = 0; y < height; ++y, in += in_stride, out += stride)
    for (int x = 0; x < count; ++x) out[x] = static_cast<uint16_t>(in[x] + added);
}

// Sides of blocks are worth a loop each.
inline void shift_plain(const uint16_t* in, std::ptrdiff_t in_stride, int added, int width,
                        int height, uint16_t* out, std::ptrdiff_t stride) {
  switch (width) {
    case 2: return shift_width<2>(in, in_stride, added, width, height, out, stride);
    case 4: return shift_width<4>(in, in_stride, added, width, height, out, stride);
    case 8: return shift_width<8>(in, in_stride, added, width, height, out, stride);
    case 16: return shift_width<16>(in, in_stride, added, width, height, out, stride);
    case 32: return shift_width<32>(in, in_stride, added, width, height, out, stride);
    default: return shift_width<0>(in, in_stride, added, width, height, out, stride);
  }
}

inline bool settle_plain(const int16_t* down, const int16_t* across, const uint16_t* own,
                         const uint16_t* mean, int y, int width, int height,
                         uint16_t* confidence) {
  uint16_t any = 0;
  for (int x = 0; x < width; ++x) {
    const int shown = (own[x] * mean[x] * kMovedEighths + 8) >> 4;  // 1 is 32768
    const auto at_x = static_cast<unsigned>(x + ((across[x] + 8) >> 4));
    const auto at_y = static_cast<unsigned>(y + ((down[x] + 8) >> 4));
    const bool gone = (confidence[x] == 0) | (shown < kFaintConfidence) | (down[x] > kFarthest) |
                      (down[x] < -kFarthest) | (across[x] > kFarthest) |
                      (across[x] < -kFarthest) | (at_x >= static_cast<unsigned>(width)) |
                      (at_y >= static_cast<unsigned>(height));
    confidence[x] = static_cast<uint16_t>(gone ? 0 : shown);
    any |= confidence[x];
  }
  return any != 0;
}

inline void mean_of_columns(const uint16_t* __restrict sums, int width, uint16_t* __restrict mean) {
  for (std::ptrdiff_t x = 0; x < width; ++x) {
    const auto total = static_cast<uint16_t>(3 * (sums[x] + sums[x + 2]) + 4 * sums[x + 1] + 50);
    // A hundredth, exactly: totals stay below 25651.
    mean[x] = static_cast<uint16_t>((static_cast<uint32_t>(total) * 41944u >> 16) >> 6);
  }
}

inline void smooth_plain(const uint16_t* above, const uint16_t* row, const uint16_t* below,
                         int width, uint16_t* column_sums, uint16_t* out) {
  for (int x = 0; x < width + 2; ++x)
    column_sums[x] = static_cast<uint16_t>(3 * (above[x] + below[x]) + 4 * row[x]);
  mean_of_columns(column_sums, width, out);
}

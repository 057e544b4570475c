// The loops of row_kernels.h as plain C++: the scalar table, and what a compiler makes of them for
// one instruction set. Included by row_kernels_*.cpp inside PALANTIR_TARGET.

inline int clip(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

inline void blend_plain(const uint8_t* const* rows, const int16_t* weight, int width,
                        int16_t* out) {
  const int16_t w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
  const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  constexpr int shift = kWeightBits - kFractionBits;
  for (int x = 0; x < width; ++x)
    out[x] = static_cast<int16_t>(
        (w0 * r0[x] + w1 * r1[x] + w2 * r2[x] + w3 * r3[x] + (1 << (shift - 1))) >> shift);
}

inline StretchPlan plan_plain(const Phases& phases) {
  StretchPlan plan;
  plan.phases = phases;
  return plan;
}

inline void stretch_plain(const int16_t* in, const StretchPlan& plan, int width,
                          const int8_t* detail, int step, const uint8_t* live, int cell,
                          uint8_t* out) {
  const Phases& phases = plan.phases;
  for (int x = 0; x < width; ++x) {
    const bool alive = live && live[x / cell];
    for (int i = 0; i < phases.scale; ++i) {
      const int16_t *from = in + x + phases.first[i], *w = phases.weight[i];
      const int at = x * phases.scale + i;
      int value = (w[0] * from[0] + w[1] * from[1] + w[2] * from[2] + w[3] * from[3] +
                   (1 << (kWeightBits - 1))) >> kWeightBits;
      if (alive) value += detail[at] * step;
      out[at] = static_cast<uint8_t>(clip((value + kOne / 2) >> kFractionBits, 0, 255));
    }
  }
}

inline int fade_plain(const int8_t* in, std::ptrdiff_t in_stride, const uint16_t* confidence,
               std::ptrdiff_t confidence_stride, int width, int height, int scale, int8_t* out,
               std::ptrdiff_t stride) {
  int greatest = 0;
  for (int y = 0; y < height * scale; ++y, in += in_stride, out += stride) {
    const uint16_t* trust = confidence + y / scale * confidence_stride;
    for (int x = 0; x < width * scale; ++x) {
      const int bias = in[x] < 0 ? 255 - kFadeBias : kFadeBias;
      const int value = (in[x] * trust[x / scale] + bias) >> kConfidenceBits;
      out[x] = static_cast<int8_t>(value);
      greatest = greatest < value ? value : greatest < -value ? -value : greatest;
    }
  }
  return greatest;
}

inline void interpolate_plain(const int8_t* in, std::ptrdiff_t step, const int16_t* weight,
                              int width, int8_t* out) {
  const int16_t w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
  const int8_t *a = in - step, *b = in, *c = in + step, *d = in + 2 * step;
  for (int x = 0; x < width; ++x) {
    const auto sum = static_cast<int16_t>(w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x] + 32);
    const auto value = static_cast<int16_t>(sum >> 6);
    out[x] = static_cast<int8_t>(clip(value, -kDetailLimit, kDetailLimit));
  }
}

inline void average_plain(const int8_t* a, const int8_t* b, int width, int8_t* out) {
  for (int x = 0; x < width; ++x) out[x] = static_cast<int8_t>((a[x] + b[x] + 1) >> 1);
}

inline void smooth_plain(const uint16_t* const* rows, int width, uint16_t* column_sums,
                         uint16_t* out) {
  const uint16_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4];
  for (int x = 0; x < width + 4; ++x)
    column_sums[x] = static_cast<uint16_t>(a[x] + b[x] + c[x] + d[x] + e[x]);
  const uint16_t* sums = column_sums;
  for (int x = 0; x < width; ++x) {
    const auto total = static_cast<uint16_t>(sums[x] + sums[x + 1] + sums[x + 2] + sums[x + 3] +
                                             sums[x + 4] + 12);
    // A 25th, exactly: totals stay below 6413.
    out[x] = static_cast<uint16_t>((static_cast<uint32_t>(total) * 41944u >> 16) >> 4);
  }
}

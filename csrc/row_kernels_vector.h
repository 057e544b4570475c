// The loops of row_kernels.h over vectors of kLanes times 128 bits. Included by row_kernels_*.cpp
// inside PALANTIR_TARGET, after row_kernels_plain.h and the instruction set's own words: V16, V32
// (the int16 and int32 of one vector), Data, Indices, load_data, load_samples, load_indices,
// select, dot, pack, widen, widen_pixels, blend_taps, store, store_pixels, store_detail, greater,
// magnitude, greatest_of.

constexpr int kSamples = 8 * kLanes;  // of a V16

inline int vectors_of(int scale) { return scale == 3 ? 6 : 2; }  // of whole LR samples, and even

// A V16 is packed from two halves: sample 8 * lane + 4 * half + j is the j-th of that lane in that
// half. Each lane selects among 8 input samples from its offset on (with kWholeData, among all).
StretchPlan plan_vector(const Phases& phases) {
  StretchPlan plan;
  plan.phases = phases;
  for (int i = 0; i < vectors_of(phases.scale) * kSamples; ++i) {
    const int vector = i / kSamples, lane = i % kSamples / 8, half = i / 4 % 2;
    const int phase = i % phases.scale;
    const int base = (kWholeData ? vector * kSamples : i / 8 * 8) / phases.scale;
    plan.offset[vector][lane] = base - kMargin;
    for (int tap = 0; tap < kTaps; ++tap) {
      const int at = 8 * lane + (kPairs ? 2 * (i % 4) + tap % 2 : 4 * (tap % 2) + i % 4);
      plan.index[vector][half][tap / 2][at] =
          static_cast<int16_t>(i / phases.scale - base + phases.first[phase] + kMargin + tap);
      plan.weight[vector][half][tap / 2][at] = phases.weight[phase][tap];
    }
  }
  return plan;
}

// One vector's part of a plan, ready in registers.
struct Taps {
  int offset[kLanes];
  Indices index[2][2];
  V16 weight[2][2];

  void load(const StretchPlan& plan, int vector) {
    for (int i = 0; i < kLanes; ++i) offset[i] = plan.offset[vector][i];
    for (int half = 0; half < 2; ++half)
      for (int pair = 0; pair < 2; ++pair) {
        index[half][pair] = load_indices(plan.index[vector][half][pair]);
        weight[half][pair] = load_samples(plan.weight[vector][half][pair]);
      }
  }
};

inline V16 stretched(const int16_t* in, const Taps& taps) {
  constexpr int half = 1 << (kWeightBits - 1);
  const Data data = load_data(in, taps.offset);
  const V32 a = dot(select(data, taps.index[0][0]), taps.weight[0][0]) +
                dot(select(data, taps.index[0][1]), taps.weight[0][1]);
  const V32 b = dot(select(data, taps.index[1][0]), taps.weight[1][0]) +
                dot(select(data, taps.index[1][1]), taps.weight[1][1]);
  return pack((a + half) >> kWeightBits, (b + half) >> kWeightBits);
}

// SR pixels of `vectors` V16, from the input sample `in` on.
template <int vectors>
inline void stretch_block(const int16_t* in, const Taps* taps, const int8_t* detail,
                          int16_t detail_step, bool alive, uint8_t* out) {
  constexpr int16_t half = kOne / 2;
  for (int i = 0; i < vectors; i += 2) {
    V16 a = stretched(in, taps[i]), b = stretched(in, taps[i + 1]);
    if (alive) {
      a += widen(detail + i * kSamples) * detail_step;
      b += widen(detail + (i + 1) * kSamples) * detail_step;
    }
    store_pixels((a + half) >> kFractionBits, (b + half) >> kFractionBits, out + i * kSamples);
  }
}

inline bool is_alive(const uint8_t* live, int cell_shift, int begin, int end) {
  for (int i = begin >> cell_shift; i <= (end - 1) >> cell_shift; ++i)
    if (live[i]) return true;
  return false;
}

template <int scale>
void stretch_scale(const int16_t* in, const StretchPlan& plan, int width, const int8_t* detail,
                   int16_t detail_step, const uint8_t* live, int cell_shift, uint8_t* out) {
  constexpr int vectors = scale == 3 ? 6 : 2;
  constexpr int step = vectors * kSamples / scale;  // input samples of a block
  Taps taps[vectors];
  for (int i = 0; i < vectors; ++i) taps[i].load(plan, i);
  if (width < step) {
    uint8_t pixels[vectors * kSamples];
    const bool alive = live && is_alive(live, cell_shift, 0, width);
    stretch_block<vectors>(in, taps, detail, detail_step, alive, pixels);
    __builtin_memcpy(out, pixels, static_cast<size_t>(width) * scale);
    return;
  }
  for (int x = 0; x < width; x += step) {
    if (x > width - step) x = width - step;  // the last block overlaps the one before
    const bool alive = live && is_alive(live, cell_shift, x, x + step);
    stretch_block<vectors>(in + x, taps, detail + x * scale, detail_step, alive, out + x * scale);
  }
}

void stretch_vector(const int16_t* in, const StretchPlan& plan, int width, const int8_t* detail,
                    int step, const uint8_t* live, int cell, uint8_t* out) {
  const auto detail_step = static_cast<int16_t>(step);
  const int cell_shift = cell == kCell ? 3 : 2;
  switch (plan.phases.scale) {
    case 2: return stretch_scale<2>(in, plan, width, detail, detail_step, live, cell_shift, out);
    case 3: return stretch_scale<3>(in, plan, width, detail, detail_step, live, cell_shift, out);
    default: return stretch_scale<4>(in, plan, width, detail, detail_step, live, cell_shift, out);
  }
}

void blend_vector(const uint8_t* const* rows, const int16_t* weight, int width, int16_t* out) {
  if (width < kSamples) return blend_plain(rows, weight, width, out);
  for (int x = 0; x < width; x += kSamples) {
    if (x > width - kSamples) x = width - kSamples;
    store(out + x, blend_taps(widen_pixels(rows[0] + x), widen_pixels(rows[1] + x),
                              widen_pixels(rows[2] + x), widen_pixels(rows[3] + x), weight));
  }
}

// Each of a cell's LR values `scale` times, in vectors; 0 after the last.
template <int samples, int scale>
struct Repeats {
  static constexpr int kVectors = (samples + kSamples - 1) / kSamples;
  int offset[kVectors][kLanes];
  Indices index[kVectors];
  V16 inside[kVectors];

  Repeats() {
    alignas(64) int16_t indices[kVectors][kSamples];
    for (int i = 0; i < kVectors * kSamples; ++i) {
      const int vector = i / kSamples, base = (kWholeData ? vector * kSamples : i / 8 * 8) / scale;
      offset[vector][i % kSamples / 8] = base;
      indices[vector][i % kSamples] = static_cast<int16_t>(i / scale - base);
      inside[vector][i % kSamples] = i < samples ? -1 : 0;
    }
    for (int i = 0; i < kVectors; ++i) index[i] = load_indices(indices[i]);
  }
  V16 of(const uint16_t* values, int vector) const {
    const auto* from = reinterpret_cast<const int16_t*>(values);
    return select(load_data(from, offset[vector]), index[vector]) & inside[vector];
  }
};

template <int width, int scale>
int fade_cell(const int8_t* in, std::ptrdiff_t in_stride, const uint16_t* confidence,
              std::ptrdiff_t confidence_stride, int height, int8_t* out, std::ptrdiff_t stride) {
  constexpr int samples = width * scale, vectors = (samples + kSamples - 1) / kSamples;
  static const Repeats<samples, scale> repeats;
  V16 greatest = {};
  for (int y = 0; y < height; ++y, confidence += confidence_stride) {
    V16 trust[vectors];
    for (int i = 0; i < vectors; ++i) trust[i] = repeats.of(confidence, i);
    for (int k = 0; k < scale; ++k, in += in_stride, out += stride)
      for (int i = 0; i < vectors; ++i) {
        constexpr int16_t bias = kFadeBias, turn = 255 - 2 * kFadeBias;
        constexpr int last = samples - (vectors - 1) * kSamples;
        const V16 sample = widen(in + i * kSamples);
        // 255 - bias where the sample is negative.
        const V16 rounding = ((sample >> 15) & turn) + bias;
        const V16 value = (sample * trust[i] + rounding) >> kConfidenceBits;
        if (i < vectors - 1) store_detail<kSamples>(out + i * kSamples, value);
        else store_detail<last>(out + i * kSamples, value);
        greatest = greater(greatest, magnitude(value));
      }
  }
  return greatest_of(greatest);
}

int fade_vector(const int8_t* in, std::ptrdiff_t in_stride, const uint16_t* confidence,
                std::ptrdiff_t confidence_stride, int width, int height, int scale, int8_t* out,
                std::ptrdiff_t stride) {
  constexpr decltype(&fade_cell<4, 1>) of_cell[2][4] = {
      {fade_cell<4, 1>, fade_cell<4, 2>, fade_cell<4, 3>, fade_cell<4, 4>},
      {fade_cell<8, 1>, fade_cell<8, 2>, fade_cell<8, 3>, fade_cell<8, 4>}};
  return of_cell[width == kCell][scale - 1](in, in_stride, confidence, confidence_stride, height,
                                            out, stride);
}

// The loops of row_kernels.h over vectors of kLanes times 128 bits. Included by row_kernels_*.cpp
// inside PALANTIR_TARGET, after row_kernels_plain.h and the instruction set's own words: V16, V32
// (the int16 and int32 of one vector), Data, Indices, load_data, load_samples, load_indices,
// select, dot, pack, widen_pixels, blend_taps, store, store_pixels, add (saturating), multiply (in
// 1/32768, to the nearest).

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
template <int vectors, bool detailed>
inline void stretch_block(const int16_t* in, const Taps* taps, const int16_t* detail,
                          const int16_t* weight, uint8_t* out) {
  constexpr int16_t half = kOne / 2;
  for (int i = 0; i < vectors; i += 2) {
    V16 a = stretched(in, taps[i]) + half, b = stretched(in, taps[i + 1]) + half;
    if (detailed) {
      const int first = i * kSamples, second = first + kSamples;
      a = add(a, multiply(load_samples(detail + first), load_samples(weight + first)));
      b = add(b, multiply(load_samples(detail + second), load_samples(weight + second)));
    }
    store_pixels(a >> kFractionBits, b >> kFractionBits, out + i * kSamples);
  }
}

template <int scale, bool detailed>
void stretch_scale(const int16_t* in, const StretchPlan& plan, int width, const int16_t* detail,
                   const int16_t* weight, uint8_t* out) {
  constexpr int vectors = scale == 3 ? 6 : 2;
  constexpr int step = vectors * kSamples / scale;  // input samples of a block
  Taps taps[vectors];
  for (int i = 0; i < vectors; ++i) taps[i].load(plan, i);
  if (width < step) {
    uint8_t pixels[vectors * kSamples];
    stretch_block<vectors, detailed>(in, taps, detail, weight, pixels);
    __builtin_memcpy(out, pixels, static_cast<size_t>(width) * scale);
    return;
  }
  for (int x = 0; x < width; x += step) {
    if (x > width - step) x = width - step;  // the last block overlaps the one before
    stretch_block<vectors, detailed>(in + x, taps, detailed ? detail + x * scale : nullptr,
                                     detailed ? weight + x * scale : nullptr, out + x * scale);
  }
}

void stretch_vector(const int16_t* in, const StretchPlan& plan, int width, const int16_t* detail,
                    const int16_t* weight, uint8_t* out) {
  constexpr decltype(&stretch_scale<2, false>) of_scale[3][2] = {
      {stretch_scale<2, false>, stretch_scale<2, true>},
      {stretch_scale<3, false>, stretch_scale<3, true>},
      {stretch_scale<4, false>, stretch_scale<4, true>}};
  of_scale[plan.phases.scale - 2][detail != nullptr](in, plan, width, detail, weight, out);
}

void blend_vector(const uint8_t* const* rows, const int16_t* weight, int width, int16_t* out) {
  if (width < kSamples) return blend_plain(rows, weight, width, out);
  for (int x = 0; x < width; x += kSamples) {
    if (x > width - kSamples) x = width - kSamples;
    store(out + x, blend_taps(widen_pixels(rows[0] + x), widen_pixels(rows[1] + x),
                              widen_pixels(rows[2] + x), widen_pixels(rows[3] + x), weight));
  }
}

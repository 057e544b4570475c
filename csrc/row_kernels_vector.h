// The loops of row_kernels.h over vectors of kLanes times 128 bits. Included by row_kernels_*.cpp
// inside PALANTIR_TARGET, after row_kernels_plain.h and the instruction set's own words: V16, V32
// (the int16 and int32 of one vector), Data, Window (gives each lane 8 samples, from its own offset
// on), Indices, load_samples, load_indices, select (each lane among its own), dot, pack,
// widen_pixels, blend_taps, store, store_pixels, add and subtract (saturating), multiply (in
// 1/32768, to the nearest), is_zero.

constexpr int kSamples = 8 * kLanes;  // of a V16

// Vectors of SR samples after which the same taps come again, a whole number of LR samples on.
constexpr int period_of(int scale) { return scale == 3 ? 3 : 1; }

// Where a lane's window for the last pair of taps begins, after that for those before: at a small
// scale its samples lie too far apart for one.
constexpr int last_window(int scale) { return scale == 4 ? 0 : 2; }

// A V16 is packed from two halves: sample 8 * lane + 4 * half + j is the j-th of that lane in that
// half.
StretchPlan plan_vector(const Phases& phases) {
  StretchPlan plan;
  plan.phases = phases;
  for (int i = 0; i < period_of(phases.scale) * kSamples; ++i) {
    const int vector = i / kSamples, lane = i % kSamples / 8, half = i / 4 % 2;
    const int phase = i % phases.scale;
    const int base = i / 8 * 8 / phases.scale;
    plan.offset[vector][lane] = base - kMargin;
    for (int tap = 0; tap < phases.taps; ++tap) {
      const int at = 8 * lane + (kPairs ? 2 * (i % 4) + tap % 2 : 4 * (tap % 2) + i % 4);
      const int window = tap < phases.taps - 2 ? 0 : last_window(phases.scale);
      plan.index[vector][half][tap / 2][at] = static_cast<int16_t>(
          i / phases.scale - base + phases.first[phase] + kMargin + tap - window);
      plan.weight[vector][half][tap / 2][at] = phases.weight[phase][tap];
    }
  }
  return plan;
}

// One vector's part of a plan, ready in registers.
template <int pairs>
struct Taps {
  Window window;
  Indices index[2][pairs];
  V16 weight[2][pairs];

  void load(const StretchPlan& plan, int vector) {
    window.load(plan.offset[vector]);
    for (int half = 0; half < 2; ++half)
      for (int pair = 0; pair < pairs; ++pair) {
        index[half][pair] = load_indices(plan.index[vector][half][pair]);
        weight[half][pair] = load_samples(plan.weight[vector][half][pair]);
      }
  }
};

// Makes the V16 of a row, with a number of pairs of taps.
template <int scale, int pairs>
class Stretcher {
 public:
  explicit Stretcher(const BlendedRow& row) : samples_(row.samples) {
    for (int i = 0; i < kPeriod; ++i) taps_[i].load(row.plan, i);
  }

  // The i-th from input sample x on.
  V16 operator()(int x, int i) const {
    const Taps<pairs>& taps = taps_[i % kPeriod];
    const int16_t* in = samples_ + x + i / kPeriod * kPeriod * kSamples / scale;
    const Data data = taps.window(in);
    const Data last = last_window(scale) ? taps.window(in + last_window(scale)) : data;
    V32 sum[2];
    for (int half = 0; half < 2; ++half) {
      sum[half] = V32{} + (1 << (kWeightBits - 1));
      for (int pair = 0; pair < pairs; ++pair) {
        const Data& from = pair < pairs - 1 ? data : last;
        sum[half] += dot(select(from, taps.index[half][pair]), taps.weight[half][pair]);
      }
    }
    return pack(sum[0] >> kWeightBits, sum[1] >> kWeightBits);
  }

 private:
  static constexpr int kPeriod = period_of(scale);

  const int16_t* samples_;
  Taps<pairs> taps_[kPeriod];
};

inline void store_rounded(V16 a, V16 b, uint8_t* out) {
  const V16 half = V16{} + static_cast<int16_t>(kOne / 2);
  store_pixels(add(a, half) >> kFractionBits, add(b, half) >> kFractionBits, out);
}

// Writes what `samples(x, i)` gives, the i-th V16 from input sample x on, as pixels.
template <int scale, class Samples>
void write_row(int width, const Samples& samples, uint8_t* out) {
  constexpr int vectors = 2 * period_of(scale);
  constexpr int step = vectors * kSamples / scale;  // input samples of a block
  const auto write = [&](int x, uint8_t* block) {
    for (int i = 0; i < vectors; i += 2)
      store_rounded(samples(x, i), samples(x, i + 1), block + i * kSamples);
  };
  if (width < step) {
    uint8_t pixels[vectors * kSamples];
    write(0, pixels);
    __builtin_memcpy(out, pixels, static_cast<size_t>(width) * scale);
    return;
  }
  for (int x = 0; x < width; x += step) {
    if (x > width - step) x = width - step;  // the last block overlaps the one before
    write(x, out + x * scale);
  }
}

template <int scale>
void stretch_scale(const BlendedRow& row, int width, uint8_t* out) {
  write_row<scale>(width, Stretcher<scale, kTaps / 2>(row), out);
}

// A row that is stretched already.
template <int scale>
struct Stretched {
  const int16_t* samples;

  V16 operator()(int x, int i) const { return load_samples(samples + x * scale + i * kSamples); }
};

template <int scale, class Base>
void mix_scale(const Base& base, const BlendedRow& other, int width, const int16_t* detail,
               const int16_t* weight, uint8_t* out) {
  const Stretcher<scale, 2> better(other);
  const auto mixed = [&](int x, int i) {
    const int at = x * scale + i * kSamples;
    const V16 low = base(x, i), share = load_samples(weight + at);
    if (is_zero(share)) return low;
    const V16 high = add(better(x, i), load_samples(detail + at));
    return add(low, multiply(subtract(high, low), share));
  };
  write_row<scale>(width, mixed, out);
}

void stretch_vector(const BlendedRow& row, int width, uint8_t* out) {
  switch (row.plan.phases.scale) {
    case 2: return stretch_scale<2>(row, width, out);
    case 3: return stretch_scale<3>(row, width, out);
    default: return stretch_scale<4>(row, width, out);
  }
}

void mix_vector(const BlendedRow& row, const BlendedRow& other, int width, const int16_t* detail,
                const int16_t* weight, uint8_t* out) {
  switch (row.plan.phases.scale) {
    case 2: return mix_scale<2>(Stretcher<2, kTaps / 2>(row), other, width, detail, weight, out);
    case 3: return mix_scale<3>(Stretcher<3, kTaps / 2>(row), other, width, detail, weight, out);
    default: return mix_scale<4>(Stretcher<4, kTaps / 2>(row), other, width, detail, weight, out);
  }
}

void mix_over_vector(const int16_t* row, const BlendedRow& other, int width, const int16_t* detail,
                     const int16_t* weight, uint8_t* out) {
  switch (other.plan.phases.scale) {
    case 2: return mix_scale<2>(Stretched<2>{row}, other, width, detail, weight, out);
    case 3: return mix_scale<3>(Stretched<3>{row}, other, width, detail, weight, out);
    default: return mix_scale<4>(Stretched<4>{row}, other, width, detail, weight, out);
  }
}

void blend_vector(const uint8_t* const* rows, const int16_t* weight, int width, int16_t* out) {
  if (width < kSamples) return blend_plain(rows, weight, width, out);
  for (int x = 0; x < width; x += kSamples) {
    if (x > width - kSamples) x = width - kSamples;
    V16 samples[kTaps];
    for (int tap = 0; tap < kTaps; ++tap) samples[tap] = widen_pixels(rows[tap] + x);
    store(out + x, blend_taps(samples, weight));
  }
}

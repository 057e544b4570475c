// `filter` of row_kernels.h where `dot` adds up what lies side by side (kPairs); the rest as in
// row_kernels_vector.h, after which this is included.

template <int scale>
void filter_scale(const FilterRow& row, int width, int16_t* const* out) {
  constexpr int shift = kFilterBits - kFractionBits;
  constexpr int sums = 4 * kLanes;  // of a V32
  constexpr int count = (4 * scale + sums - 1) / sums;
  for (int x = 0; x < width; ++x) {
    const int16_t* weights = row.weights + row.classes[x] * kFilterStride;
    const int16_t* differences = row.differences + 2 * x;
    V32 sum[count];
    for (V32& one : sum) one = V32{} + ((row.pixels[x] << kFilterBits) + (1 << (shift - 1)));
    for (int pair = 0; pair < kFilterTaps / 2; ++pair) {
      int32_t both;
      __builtin_memcpy(&both, differences + 2 * pair * width, sizeof both);
      const V16 seen = (V16)(V32{} + both);
      for (int i = 0; i < count; ++i)
        sum[i] += dot(seen, load_samples(weights + 32 * pair + 2 * sums * i));
    }
    // Packing puts the lanes of two vectors side by side: each is a row.
    int16_t samples[8 * kLanes];
    store(samples, pack(sum[0] >> shift, sum[count - 1] >> shift));
    for (int i = 0; i < scale; ++i)
      __builtin_memcpy(out[i] + x * scale, samples + i % kLanes * 8 + i / kLanes * 4,
                       4 * sizeof *samples);
  }
}

void filter_vector(const FilterRow& row, int width, int scale, int16_t* const* out) {
  switch (scale) {
    case 2: return filter_scale<2>(row, width, out);
    case 3: return filter_scale<3>(row, width, out);
    default: return filter_scale<4>(row, width, out);
  }
}

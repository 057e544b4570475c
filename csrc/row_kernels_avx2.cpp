// AVX2: two lanes.
#include "row_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

PALANTIR_TARGET("avx2")

namespace palantir {

namespace {

constexpr int kLanes = 2;
constexpr bool kPairs = true;  // the taps that `dot` adds up lie side by side

typedef int16_t V16 __attribute__((vector_size(32)));
typedef int32_t V32 __attribute__((vector_size(32)));
using Data = __m256i;
using Indices = __m256i;

inline __m256i load256(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
inline __m128i load128(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

struct Window {
  int offset[kLanes];

  void load(const int* from) {
    offset[0] = from[0];
    offset[1] = from[1];
  }
  Data operator()(const int16_t* in) const {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load128(in + offset[0])),
                                   load128(in + offset[1]), 1);
  }
};
inline V16 load_samples(const int16_t* from) { return (V16)load256(from); }
// Indices of samples become those of their two bytes.
inline Indices load_indices(const int16_t* from) {
  const __m256i twice = _mm256_slli_epi16(load256(from), 1);
  return _mm256_or_si256(
      twice, _mm256_slli_epi16(_mm256_add_epi16(twice, _mm256_set1_epi16(1)), 8));
}
inline V16 select(Data data, Indices indices) {
  return (V16)_mm256_shuffle_epi8(data, indices);
}
inline V32 dot(V16 a, V16 weight) {
  return (V32)_mm256_madd_epi16((__m256i)a, (__m256i)weight);
}
inline V16 pack(V32 a, V32 b) { return (V16)_mm256_packs_epi32((__m256i)a, (__m256i)b); }
inline V16 widen_pixels(const uint8_t* from) { return (V16)_mm256_cvtepu8_epi16(load128(from)); }

inline V16 blend_taps(const V16* rows, const int16_t* weight) {
  constexpr int shift = kWeightBits - kFractionBits;
  V32 low = V32{} + (1 << (shift - 1)), high = low;
  for (int tap = 0; tap < kTaps; tap += 2) {
    const __m256i pair = _mm256_set1_epi32(
        (weight[tap] & 0xffff) |
        static_cast<int>(static_cast<unsigned>(weight[tap + 1]) << 16));
    const auto a = (__m256i)rows[tap], b = (__m256i)rows[tap + 1];
    low += (V32)_mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), pair);
    high += (V32)_mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), pair);
  }
  return pack(low >> shift, high >> shift);
}

inline void store(int16_t* out, V16 value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), (__m256i)value);
}
inline void store_pixels(V16 a, V16 b, uint8_t* out) {
  const __m256i mixed = _mm256_packus_epi16((__m256i)a, (__m256i)b);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permute4x64_epi64(mixed, 0xD8));
}
inline V32 gather_pairs(const uint16_t* from, V32 index) {
  return (V32)_mm256_i32gather_epi32(reinterpret_cast<const int*>(from), (__m256i)index, 2);
}
inline V16 add(V16 a, V16 b) { return (V16)_mm256_adds_epi16((__m256i)a, (__m256i)b); }
inline V16 subtract(V16 a, V16 b) { return (V16)_mm256_subs_epi16((__m256i)a, (__m256i)b); }
inline bool is_zero(V16 a) { return _mm256_testz_si256((__m256i)a, (__m256i)a); }
inline V16 multiply(V16 a, V16 b) { return (V16)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b); }

#include "row_kernels_plain.h"
#include "row_kernels_gather.h"
#include "row_kernels_vector.h"
#include "row_kernels_filter.h"

}  // namespace

extern const RowKernels kAvx2Kernels;
const RowKernels kAvx2Kernels{plan_vector, blend_vector, stretch_vector, mix_vector, filter_vector,
                              mix_over_vector, place_plain, find_vector, spread_plain, shift_plain,
                              settle_plain, smooth_plain};

}  // namespace palantir

PALANTIR_TARGET_END

#endif

// AVX-512 (F, BW, VL, DQ): four lanes.
#include "row_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 warns of its own header (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#if defined(__clang__)  // which does not know the last of them
PALANTIR_TARGET("avx512f,avx512bw,avx512vl,avx512dq")
#else
PALANTIR_TARGET("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512")
#endif

namespace palantir {

namespace {

constexpr int kLanes = 4;
constexpr bool kPairs = true;  // the taps that `dot` adds up lie side by side

typedef int16_t V16 __attribute__((vector_size(64)));
typedef int32_t V32 __attribute__((vector_size(64)));
using Data = __m512i;
using Indices = __m512i;

inline __m256i load256(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
struct Window {
  int first;
  __m512i index;

  void load(const int* offset) {
    alignas(64) int16_t samples[8 * kLanes];
    for (int i = 0; i < 8 * kLanes; ++i)
      samples[i] = static_cast<int16_t>(offset[i / 8] - offset[0] + i % 8);
    first = offset[0];
    index = _mm512_load_si512(samples);
  }
  Data operator()(const int16_t* in) const {
    return _mm512_permutexvar_epi16(index, _mm512_loadu_si512(in + first));
  }
};
inline V16 load_samples(const int16_t* from) { return (V16)_mm512_loadu_si512(from); }
// Indices of samples become those of their two bytes.
inline Indices load_indices(const int16_t* from) {
  const __m512i twice = _mm512_slli_epi16(_mm512_loadu_si512(from), 1);
  return _mm512_or_si512(
      twice, _mm512_slli_epi16(_mm512_add_epi16(twice, _mm512_set1_epi16(1)), 8));
}
inline V16 select(Data data, Indices indices) {
  return (V16)_mm512_shuffle_epi8(data, indices);
}
inline V32 dot(V16 a, V16 weight) {
  return (V32)_mm512_madd_epi16((__m512i)a, (__m512i)weight);
}
inline V16 pack(V32 a, V32 b) { return (V16)_mm512_packs_epi32((__m512i)a, (__m512i)b); }
inline V16 widen_pixels(const uint8_t* from) { return (V16)_mm512_cvtepu8_epi16(load256(from)); }

inline V16 blend_taps(const V16* rows, const int16_t* weight) {
  constexpr int shift = kWeightBits - kFractionBits;
  V32 low = V32{} + (1 << (shift - 1)), high = low;
  for (int tap = 0; tap < kTaps; tap += 2) {
    const __m512i pair = _mm512_set1_epi32(
        (weight[tap] & 0xffff) |
        static_cast<int>(static_cast<unsigned>(weight[tap + 1]) << 16));
    const auto a = (__m512i)rows[tap], b = (__m512i)rows[tap + 1];
    low += (V32)_mm512_madd_epi16(_mm512_unpacklo_epi16(a, b), pair);
    high += (V32)_mm512_madd_epi16(_mm512_unpackhi_epi16(a, b), pair);
  }
  return pack(low >> shift, high >> shift);
}

inline void store(int16_t* out, V16 value) { _mm512_storeu_si512(out, (__m512i)value); }
inline void store_pixels(V16 a, V16 b, uint8_t* out) {
  const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
  const __m512i mixed = _mm512_packus_epi16((__m512i)a, (__m512i)b);
  _mm512_storeu_si512(out, _mm512_permutexvar_epi64(order, mixed));
}
inline V32 gather_pairs(const uint16_t* from, V32 index) {
  return (V32)_mm512_i32gather_epi32((__m512i)index, from, 2);
}
inline V16 add(V16 a, V16 b) { return (V16)_mm512_adds_epi16((__m512i)a, (__m512i)b); }
inline V16 subtract(V16 a, V16 b) { return (V16)_mm512_subs_epi16((__m512i)a, (__m512i)b); }
inline bool is_zero(V16 a) { return _mm512_test_epi32_mask((__m512i)a, (__m512i)a) == 0; }
inline V16 multiply(V16 a, V16 b) { return (V16)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b); }

#include "row_kernels_plain.h"
#include "row_kernels_gather.h"
#include "row_kernels_vector.h"
#include "row_kernels_filter.h"

}  // namespace

extern const RowKernels kAvx512Kernels;
const RowKernels kAvx512Kernels{plan_vector, blend_vector, stretch_vector, mix_vector,
                                filter_vector, mix_over_vector, place_plain, find_vector,
                                spread_plain, shift_plain, settle_plain, smooth_plain};

}  // namespace palantir

PALANTIR_TARGET_END

#endif

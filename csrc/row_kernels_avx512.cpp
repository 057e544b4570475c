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
constexpr bool kPairs = true;      // the taps that `dot` adds up lie side by side
constexpr bool kWholeData = true;  // every lane selects from all of the data

typedef int16_t V16 __attribute__((vector_size(64)));
typedef int32_t V32 __attribute__((vector_size(64)));
using Data = __m512i;
using Indices = __m512i;

inline __m256i load256(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
inline Data load_data(const int16_t* from, const int* offset) {
  return _mm512_loadu_si512(from + offset[0]);
}
inline V16 load_samples(const int16_t* from) { return (V16)_mm512_loadu_si512(from); }
inline Indices load_indices(const int16_t* from) { return _mm512_loadu_si512(from); }
inline V16 select(Data data, Indices indices) {
  return (V16)_mm512_permutexvar_epi16(indices, data);
}
inline V32 dot(V16 a, V16 weight) {
  return (V32)_mm512_madd_epi16((__m512i)a, (__m512i)weight);
}
inline V16 pack(V32 a, V32 b) { return (V16)_mm512_packs_epi32((__m512i)a, (__m512i)b); }
inline V16 widen_pixels(const uint8_t* from) { return (V16)_mm512_cvtepu8_epi16(load256(from)); }

inline V16 blend_taps(V16 a, V16 b, V16 c, V16 d, const int16_t* weight) {
  const auto pair = [&](int i) {
    return _mm512_set1_epi32((weight[i] & 0xffff) |
                             static_cast<int>(static_cast<unsigned>(weight[i + 1]) << 16));
  };
  constexpr int shift = kWeightBits - kFractionBits, half = 1 << (shift - 1);
  const __m512i w01 = pair(0), w23 = pair(2), a0 = (__m512i)a, b0 = (__m512i)b, c0 = (__m512i)c,
                d0 = (__m512i)d;
  const V32 low = (V32)_mm512_madd_epi16(_mm512_unpacklo_epi16(a0, b0), w01) +
                  (V32)_mm512_madd_epi16(_mm512_unpacklo_epi16(c0, d0), w23);
  const V32 high = (V32)_mm512_madd_epi16(_mm512_unpackhi_epi16(a0, b0), w01) +
                   (V32)_mm512_madd_epi16(_mm512_unpackhi_epi16(c0, d0), w23);
  return pack((low + half) >> shift, (high + half) >> shift);
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
inline V16 multiply(V16 a, V16 b) { return (V16)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b); }

#include "row_kernels_plain.h"
#include "row_kernels_gather.h"
#include "row_kernels_vector.h"

}  // namespace

extern const RowKernels kAvx512Kernels;
const RowKernels kAvx512Kernels{plan_vector, blend_vector, stretch_vector, place_plain,
                                find_vector, spread_plain, shift_plain, settle_plain, smooth_plain};

}  // namespace palantir

PALANTIR_TARGET_END

#endif

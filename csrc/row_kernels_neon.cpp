// NEON of ARM64: one lane.
#include "row_kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>

namespace palantir {

namespace {

constexpr int kLanes = 1;
constexpr bool kPairs = false;  // the taps that `dot` adds up lie in the two halves

using V16 = int16x8_t;
using V32 = int32x4_t;
using Data = int16x8_t;
using Indices = uint8x16_t;

struct Window {
  int offset;

  void load(const int* from) { offset = *from; }
  Data operator()(const int16_t* in) const { return vld1q_s16(in + offset); }
};
inline V16 load_samples(const int16_t* from) { return vld1q_s16(from); }
// Indices of samples become those of their two bytes.
inline Indices load_indices(const int16_t* from) {
  const uint16x8_t twice = vshlq_n_u16(vreinterpretq_u16_s16(vld1q_s16(from)), 1);
  return vreinterpretq_u8_u16(
      vorrq_u16(twice, vshlq_n_u16(vaddq_u16(twice, vdupq_n_u16(1)), 8)));
}
inline V16 select(Data data, Indices indices) {
  return vreinterpretq_s16_u8(vqtbl1q_u8(vreinterpretq_u8_s16(data), indices));
}
inline V32 dot(V16 a, V16 weight) {
  return vmlal_high_s16(vmull_s16(vget_low_s16(a), vget_low_s16(weight)), a, weight);
}
inline V16 pack(V32 a, V32 b) { return vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)); }
inline V16 widen_pixels(const uint8_t* from) {
  return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from)));
}

inline V16 blend_taps(const V16* rows, const int16_t* weight) {
  constexpr int shift = kWeightBits - kFractionBits;
  int32x4_t low = vmull_n_s16(vget_low_s16(rows[0]), weight[0]);
  int32x4_t high = vmull_high_n_s16(rows[0], weight[0]);
  for (int tap = 1; tap < kTaps; ++tap) {
    low = vmlal_n_s16(low, vget_low_s16(rows[tap]), weight[tap]);
    high = vmlal_high_n_s16(high, rows[tap], weight[tap]);
  }
  return pack(vrshrq_n_s32(low, shift), vrshrq_n_s32(high, shift));
}

inline void store(int16_t* out, V16 value) { vst1q_s16(out, value); }
inline void store_pixels(V16 a, V16 b, uint8_t* out) {
  vst1q_u8(out, vcombine_u8(vqmovun_s16(a), vqmovun_s16(b)));
}
inline V16 add(V16 a, V16 b) { return vqaddq_s16(a, b); }
inline V16 subtract(V16 a, V16 b) { return vqsubq_s16(a, b); }
inline bool is_zero(V16 a) { return vmaxvq_u16(vreinterpretq_u16_s16(a)) == 0; }
inline V16 multiply(V16 a, V16 b) { return vqrdmulhq_s16(a, b); }

#include "row_kernels_plain.h"
#include "row_kernels_vector.h"

}  // namespace

extern const RowKernels kNeonKernels;
const RowKernels kNeonKernels{plan_vector, blend_vector, stretch_vector, mix_vector, filter_plain,
                              mix_over_vector, place_plain, find_plain, spread_plain, shift_plain,
                              settle_plain, smooth_plain};

}  // namespace palantir

#endif

#include "lane_loss.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace palantir {

namespace {

typedef int16_t Lanes __attribute__((vector_size(16)));
typedef uint32_t Pairs __attribute__((vector_size(16)));  // of lanes
typedef uint64_t Sums __attribute__((vector_size(16)));

template <int a, int b, int c, int d>
Pairs shuffle(Pairs first, Pairs second) {
#if defined(__clang__)
  return __builtin_shufflevector(first, second, a, b, c, d);
#else
  return __builtin_shuffle(first, second, Pairs{a, b, c, d});
#endif
}

// Two runs of four samples, widened.
Lanes load(const uint8_t* first, const uint8_t* second) {
#if defined(__SSE2__)
  int low, high;
  std::memcpy(&low, first, 4);
  std::memcpy(&high, second, 4);
  const __m128i bytes = _mm_unpacklo_epi32(_mm_cvtsi32_si128(low), _mm_cvtsi32_si128(high));
  return reinterpret_cast<Lanes>(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()));
#else
  typedef uint8_t Bytes __attribute__((vector_size(8)));
  Bytes bytes;
  std::memcpy(&bytes, first, 4);
  std::memcpy(reinterpret_cast<uint8_t*>(&bytes) + 4, second, 4);
  return __builtin_convertvector(bytes, Lanes);
#endif
}

Lanes load(const uint8_t* samples) {
#if defined(__SSE2__)
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(samples));
  return reinterpret_cast<Lanes>(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()));
#else
  return load(samples, samples + 4);
#endif
}

// Sums of the squares of two lanes each.
Pairs squares(Lanes v) {
#if defined(__SSE2__)
  const auto lanes = reinterpret_cast<__m128i>(v);
  return reinterpret_cast<Pairs>(_mm_madd_epi16(lanes, lanes));
#elif defined(__aarch64__)
  const auto lanes = reinterpret_cast<int16x8_t>(v);
  const auto low = vmull_s16(vget_low_s16(lanes), vget_low_s16(lanes));
  return reinterpret_cast<Pairs>(vpaddq_s32(low, vmull_high_s16(lanes, lanes)));
#else
  Pairs sums;
  for (int i = 0; i < 4; ++i)
    sums[i] = static_cast<uint32_t>(v[2 * i] * v[2 * i]) +
              static_cast<uint32_t>(v[2 * i + 1] * v[2 * i + 1]);
  return sums;
#endif
}

// The halved samples times 4, each in both lanes of its pair.
Pairs halve(Lanes top, Lanes bottom) {
  const Lanes sum = top + bottom;
  const Pairs bits = reinterpret_cast<Pairs>(sum);
  return reinterpret_cast<Pairs>(sum + reinterpret_cast<Lanes>((bits << 16) | (bits >> 16)));
}

// Three parts of a pixel's own half sample and one of the next: that on the left for even pixels,
// that on the right for odd ones.
Lanes double_row(Pairs half, Pairs left, Pairs right) {
  const Pairs even = {0xffff, 0xffff, 0xffff, 0xffff};  // lanes are little-endian
  const Lanes own = reinterpret_cast<Lanes>(half);
  return own + own + own + reinterpret_cast<Lanes>((left & even) | (right & ~even));
}

// Lanes [begin, end) are all ones.
Lanes lanes_between(int begin, int end) {
  const Lanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
  return (lane >= static_cast<int16_t>(begin)) & (lane < static_cast<int16_t>(end));
}

}  // namespace

void LaneLoss::measure(const BlockSamples<uint8_t>& block) {
  switch (block.width) {
    case 4: return measure_narrow(block);
    case 8: return measure_wide<1>(block);
    case 16: return measure_wide<2>(block);
    case 32: return measure_wide<4>(block);
    default: return measure_wide<8>(block);
  }
}

template <int kVectors>
void LaneLoss::measure_wide(const BlockSamples<uint8_t>& block) {
  constexpr int last = kVectors - 1;
  const auto signal = [&block](int y, int i) {
    const Lanes whole = load(block.whole + y * block.whole_stride + i * kLanes);
    if (!block.prediction) return whole;
    return whole - load(block.prediction + y * block.prediction_stride + i * kLanes);
  };
  const int halves = (block.height + 1) / 2;
  for (int y = 0; y < halves; ++y) {
    Pairs half[kVectors];
    for (int i = 0; i < kVectors; ++i) {
      const Lanes top = signal(2 * y, i);
      const Lanes bottom = signal(std::min(2 * y + 1, block.height - 1), i);
      half[i] = halve(top, bottom);
      loss_[2 * y][i] = top * kLossUnit;
      loss_[2 * y + 1][i] = bottom * kLossUnit;
    }
    for (int i = 0; i < kVectors; ++i) {
      const Pairs left = i ? shuffle<3, 4, 5, 6>(half[i - 1], half[i])
                           : shuffle<0, 0, 1, 2>(half[i], half[i]);
      const Pairs right = i < last ? shuffle<1, 2, 3, 4>(half[i], half[i + 1])
                                   : shuffle<1, 2, 3, 3>(half[i], half[i]);
      doubled_[y][i] = double_row(half[i], left, right);
    }
  }
  for (int y = 0; y < halves; ++y)
    for (int i = 0; i < kVectors; ++i) {
      const Lanes near = doubled_[y][i] * 3;
      loss_[2 * y][i] -= near + doubled_[std::max(y - 1, 0)][i];
      loss_[2 * y + 1][i] -= near + doubled_[std::min(y + 1, halves - 1)][i];
    }
}

// Rows 4k and 4k + 2 of the block share one vector, and so do rows 4k + 1 and 4k + 3, so that the
// two halved rows of each four do.
void LaneLoss::measure_narrow(const BlockSamples<uint8_t>& block) {
  const auto signal = [&block](int y) {
    const uint8_t* whole = block.whole + y * block.whole_stride;
    const Lanes rows = load(whole, whole + 2 * block.whole_stride);
    if (!block.prediction) return rows;
    const uint8_t* prediction = block.prediction + y * block.prediction_stride;
    return rows - load(prediction, prediction + 2 * block.prediction_stride);
  };
  const int fours = block.height / 4;
  for (int k = 0; k < fours; ++k) {
    const Lanes top = signal(4 * k), bottom = signal(4 * k + 1);
    const Pairs half = halve(top, bottom);
    doubled_[k][0] =
        double_row(half, shuffle<0, 0, 2, 2>(half, half), shuffle<1, 1, 3, 3>(half, half));
    loss_[4 * k][0] = top * kLossUnit;
    loss_[4 * k + 1][0] = bottom * kLossUnit;
  }
  for (int k = 0; k < fours; ++k) {
    const Pairs own = reinterpret_cast<Pairs>(doubled_[k][0]);
    const Pairs above = k ? reinterpret_cast<Pairs>(doubled_[k - 1][0])
                          : shuffle<0, 1, 0, 1>(own, own);
    const Pairs below = k + 1 < fours ? reinterpret_cast<Pairs>(doubled_[k + 1][0])
                                      : shuffle<2, 3, 2, 3>(own, own);
    const Lanes near = doubled_[k][0] * 3;
    const Lanes top =
        loss_[4 * k][0] - (near + reinterpret_cast<Lanes>(shuffle<2, 3, 4, 5>(above, own)));
    const Lanes bottom =
        loss_[4 * k + 1][0] - (near + reinterpret_cast<Lanes>(shuffle<2, 3, 4, 5>(own, below)));
    const Pairs tops = reinterpret_cast<Pairs>(top), bottoms = reinterpret_cast<Pairs>(bottom);
    loss_[4 * k][0] = top;
    loss_[4 * k + 1][0] = bottom;
    loss_[4 * k + 2][0] = reinterpret_cast<Lanes>(shuffle<2, 3, 2, 3>(tops, tops));
    loss_[4 * k + 3][0] = reinterpret_cast<Lanes>(shuffle<2, 3, 2, 3>(bottoms, bottoms));
  }
}

uint64_t LaneLoss::energy(const Area& part) const {
  uint64_t sum = 0;
  const int end = part.x + part.width;
  for (int x = part.x & ~(kLanes - 1); x < end; x += kLanes)
    sum += energy_of_column(x / kLanes, lanes_between(part.x - x, end - x), part.y, part.height);
  return sum;
}

uint64_t LaneLoss::energy_of_column(int vector, Lanes mask, int top, int height) const {
  const Sums low = {0xffffffff, 0xffffffff};
  Sums sums = {0, 0};
  int y = top;
  for (; y + 1 < top + height; y += 2) {
    const Sums two = reinterpret_cast<Sums>(squares(loss_[y][vector] & mask) +
                                            squares(loss_[y + 1][vector] & mask));
    sums += (two & low) + (two >> 32);
  }
  if (y < top + height) {
    const Sums one = reinterpret_cast<Sums>(squares(loss_[y][vector] & mask));
    sums += (one & low) + (one >> 32);
  }
  return sums[0] + sums[1];
}

}  // namespace palantir

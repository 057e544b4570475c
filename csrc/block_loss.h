// What halving and doubling loses of one block, kLossUnit times the exact value: plain loops for
// blocks of any size and samples of any bit depth. One object for each thread.
//
// lane_loss.h computes the same integers faster for most blocks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "coded_frame.h"

namespace palantir {

// 2x2 sums carry a factor 4, the bilinear weights 3:1 in both directions another 16.
constexpr int kLossUnit = 64;

// A block's samples, less its prediction where there is one (intra blocks: null).
template <class Sample>
struct BlockSamples {
  const Sample* whole;
  std::ptrdiff_t whole_stride;
  const Sample* prediction;
  std::ptrdiff_t prediction_stride;
  int width, height;  // 1..kMaxBlock
};

class BlockLoss {
 public:
  template <class Sample>
  void measure(const BlockSamples<Sample>& block) {
    load(block);
    halve(block.width, block.height);
    for (int y = 0; y < block.height; ++y) lose_row(y, block.width, block.height);
  }

  // Sum of squares over a part of the measured block, which is at (0, 0).
  uint64_t energy(const Area& part) const {
    uint64_t sum = 0;
    for (int y = part.y; y < part.y + part.height; ++y)
      for (int x = part.x; x < part.x + part.width; ++x)
        sum += static_cast<uint64_t>(static_cast<int64_t>(loss_[y][x]) * loss_[y][x]);
    return sum;
  }

 private:
  static constexpr int kMaxHalf = kMaxBlock / 2;

  template <class Sample>
  void load(const BlockSamples<Sample>& block) {
    for (int y = 0; y < block.height; ++y) {
      const Sample* whole = block.whole + y * block.whole_stride;
      std::copy(whole, whole + block.width, signal_[y]);
      if (!block.prediction) continue;
      const Sample* prediction = block.prediction + y * block.prediction_stride;
      for (int x = 0; x < block.width; ++x) signal_[y][x] -= prediction[x];
    }
  }

  // The halved signal times 4, with a replicated sample on both sides of each row.
  void halve(int width, int height) {
    const int half_width = (width + 1) / 2;
    for (int y = 0; y < (height + 1) / 2; ++y) {
      const int32_t* top = signal_[2 * y];
      const int32_t* bottom = signal_[std::min(2 * y + 1, height - 1)];
      int32_t* half = half_[y];
      for (int x = 0; x < width / 2; ++x)
        half[x + 1] = top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1];
      if (width & 1) half[half_width] = 2 * (top[width - 1] + bottom[width - 1]);
      half[0] = half[1];
      half[half_width + 1] = half[half_width];
    }
  }

  void lose_row(int y, int width, int height) {
    const int far_row = std::clamp(y / 2 + ((y & 1) ? 1 : -1), 0, (height + 1) / 2 - 1);
    const int32_t *near = half_[y / 2], *far = half_[far_row];
    int32_t rows[kMaxHalf + 2];
    for (int x = 0; x < (width + 1) / 2 + 2; ++x) rows[x] = 3 * near[x] + far[x];
    for (int x = 0; x < width; ++x) {
      const int neighbour = x / 2 + ((x & 1) ? 2 : 0);
      loss_[y][x] = kLossUnit * signal_[y][x] - (3 * rows[x / 2 + 1] + rows[neighbour]);
    }
  }

  int32_t signal_[kMaxBlock][kMaxBlock];
  int32_t half_[kMaxHalf][kMaxHalf + 2];
  int32_t loss_[kMaxBlock][kMaxBlock];
};

}  // namespace palantir

// The loss of block_loss.h, eight pixels at a time: 8-bit samples, and the widths that blocks
// inside a picture have. One object for each thread.
//
// The 128-bit vectors are part of every x86-64 and ARM64, so nothing is dispatched. Sixteen bits
// hold every value: a pixel counts 55 parts in its own loss and 55 parts of others are taken off,
// so that it stays within 2 * 55 * 255 = 28050; and 32 bits, unsigned, hold four squares of that.
#pragma once

#include "block_loss.h"

namespace palantir {

class LaneLoss {
 public:
  static bool takes(int width, int height) {
    if (width == 4) return height % 4 == 0;
    return width >= kLanes && width <= kMaxBlock && (width & (width - 1)) == 0;
  }

  // The block must be one that `takes` says yes to.
  void measure(const BlockSamples<uint8_t>& block);

  // Sum of squares over a part of the measured block, which is at (0, 0).
  uint64_t energy(const Area& part) const;

 private:
  static constexpr int kLanes = 8;
  typedef int16_t Lanes __attribute__((vector_size(16)));

  template <int kVectors>
  void measure_wide(const BlockSamples<uint8_t>& block);
  void measure_narrow(const BlockSamples<uint8_t>& block);
  uint64_t energy_of_column(int vector, Lanes mask, int top, int height) const;

  Lanes loss_[kMaxBlock][kMaxBlock / kLanes];
  Lanes doubled_[kMaxBlock / 2][kMaxBlock / kLanes];  // half rows, as wide as the block
};

}  // namespace palantir

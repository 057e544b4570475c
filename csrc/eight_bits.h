// The luma of a picture as 8-bit samples, for measures that know no others.
#pragma once

#include <algorithm>
#include <vector>

#include "coded_frame.h"

namespace palantir {

// Borrows the samples of a picture of 8 bits; of a deeper one it has the upper 8 of each.
class EightBits {
 public:
  EightBits(const Picture& picture, int bit_depth) {
    if (!picture.deep) {
      luma_ = picture.plane<const uint8_t>(0);
      return;
    }
    const auto from = picture.plane<const uint16_t>(0);
    samples_.resize(static_cast<size_t>(from.width) * from.height);
    for (int y = 0; y < from.height; ++y)
      std::transform(from.row(y), from.row(y) + from.width,
                     samples_.begin() + static_cast<std::ptrdiff_t>(y) * from.width,
                     [&](uint16_t sample) {
                       return static_cast<uint8_t>(sample >> (bit_depth - 8));
                     });
    luma_ = {samples_.data(), from.width, from.width, from.height};
  }
  EightBits(const EightBits&) = delete;
  EightBits& operator=(const EightBits&) = delete;

  const Plane<const uint8_t>& luma() const { return luma_; }

 private:
  std::vector<uint8_t> samples_;
  Plane<const uint8_t> luma_;
};

}  // namespace palantir

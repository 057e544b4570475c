// Upscaling of whole planes by a small integer, with pixel centres aligned:
// output pixel X samples the input at (X + 1/2) / scale - 1/2. Edges are replicated.
#pragma once

#include <cstdint>

#include "plane.h"

namespace palantir {

// SR pixels that are still to be added up carry 6 fractional bits.
constexpr int kFractionBits = 6;
constexpr int kOne = 1 << kFractionBits;
constexpr int kMaxScale = 4;

enum class Kernel {
  kBilinear,
  kBicubic,  // Keys' cubic convolution with a = -3/4
};

// `out` must measure in.width * scale by in.height * scale; scale 1..4. Scale 1 is the identity.
void upscale(const Plane<const uint8_t>& in, int scale, Kernel kernel, const Plane<int16_t>& out);

// out = clip(base + detail), rounded to whole pixels. `detail.data` may be null.
void compose(const Plane<const int16_t>& base, const Plane<const int16_t>& detail,
             const Plane<uint8_t>& out);

}  // namespace palantir

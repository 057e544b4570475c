// Upscaling of whole planes by a small integer, with pixel centres aligned:
// output pixel X samples the input at (X + 1/2) / scale - 1/2. Edges are replicated.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "filter_bank.h"
#include "plane.h"
#include "row_kernels.h"

namespace palantir {

constexpr int kMaxScale = 4;

enum class Kernel {
  kBilinear,
  kBicubic,  // Keys' cubic convolution with a = -3/4
  kSharp,    // U, with six taps
};

// The taps of all output phases; the same object at every call.
const Phases& phases_of(Kernel kernel, int scale);

// `out` must measure in.width * scale by in.height * scale; scale 1..4. Scale 1 is the identity.
void upscale(const Plane<const uint8_t>& in, int scale, Kernel kernel, const Plane<int16_t>& out);

// out = clip(base + detail), rounded to whole pixels. `detail.data` may be null.
void compose(const Plane<const int16_t>& base, const Plane<const int16_t>& detail,
             const Plane<uint8_t>& out);

// `upscale` of the rectangle that begins at LR sample (x, y) and is as large as `out`.
void upscale_area(const Plane<const uint8_t>& in, int scale, Kernel kernel, int x, int y,
                  const Plane<int16_t>& out);

// Makes SR rows of U(LR), and of what detail makes of it. One thread; others may have objects of
// their own.
class Enlarger {
 public:
  // Scale 1..4. U is of the `bank` if that is not null; it must be of this scale. Both outlive the
  // object.
  Enlarger(const Plane<const uint8_t>& in, int scale, const FilterBank* bank = nullptr);

  // Row `y` of U(in).
  void row(int y, uint8_t* out);

  // The same between U and what the network would show, which is bicubic upscaling and detail:
  // (1 - weight) * U(in) + weight * (B(in) + detail). Each SR pixel is written once.
  void row(int y, const int16_t* detail, const int16_t* weight, uint8_t* out);

 private:
  Plane<const uint8_t> in_;
  StretchPlan sharp_, bicubic_;
  std::vector<int16_t> sharp_row_, bicubic_row_;
  std::optional<FilteredRows> filtered_;
};

}  // namespace palantir

// Upscaling of whole planes by a small integer, with pixel centres aligned:
// output pixel X samples the input at (X + 1/2) / scale - 1/2. Edges are replicated.
#pragma once

#include <cstdint>

#include "plane.h"
#include "row_kernels.h"

namespace palantir {

constexpr int kMaxScale = 4;

enum class Kernel {
  kBilinear,
  kBicubic,  // Keys' cubic convolution with a = -3/4
};

// The taps of all output phases; the same object at every call.
const Phases& phases_of(Kernel kernel, int scale);

// `out` must measure in.width * scale by in.height * scale; scale 1..4. Scale 1 is the identity.
void upscale(const Plane<const uint8_t>& in, int scale, Kernel kernel, const Plane<int16_t>& out);

// out = clip(base + detail), rounded to whole pixels. `detail.data` may be null.
void compose(const Plane<const int16_t>& base, const Plane<const int16_t>& detail,
             const Plane<uint8_t>& out);

// `upscale`, bicubic, of the rectangle that begins at LR sample (x, y) and is as large as `out`.
void upscale_area(const Plane<const uint8_t>& in, int scale, int x, int y,
                  const Plane<int16_t>& out);

// out = clip(U(in) + detail), bicubic, rounded to whole pixels: what `upscale` and `compose` give,
// with each row of SR pixels written once. Detail counts `step`s (kOne is a grey level); `live` is
// its map of cells of `cell` x `cell` LR samples, one row after the other; null: there is none.
// Rows `begin` to `end` of the LR plane. Scale 1..4.
struct SparseDetail {
  Plane<const int8_t> samples;
  const uint8_t* live = nullptr;
  int step = 0, columns = 0, cell = kCell;
};
void enlarge(const Plane<const uint8_t>& in, int scale, const SparseDetail& detail, int begin,
             int end, const Plane<uint8_t>& out);

}  // namespace palantir

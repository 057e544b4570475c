// From what a network gave for a tile to the tile's detail: cut, converted and rounded in one pass.
//
// `network` is a whole result, samples of 1 being white; (x, y) is the SR sample of it that `out`
// begins at. Sums are of single precision in the order written, roundings to the nearest and to
// even, so that detail is the same everywhere. NaN counts as the least value. Any thread may call;
// nothing is kept. Callers see to it that what is read lies in `network`.
#pragma once

#include <cstdint>

#include "plane.h"

namespace palantir {

// out = 255 * network / gain, as a difference of pictures.
void take_detail(const Plane<const float>& network, int x, int y, float gain,
                 const Plane<int16_t>& out);

// out = (255 * network - offset) / gain, as a picture, less `out`.
void subtract_from_luma(const Plane<const float>& network, int x, int y, float gain, float offset,
                        const Plane<int16_t>& out);

// Rows of `weight` give Y, U and V of RGB in 0..1, `offset` is added.
struct ColourMatrix {
  float weight[kPlanes][3];
  float offset[kPlanes];
};

// The same of the luma of an RGB picture.
void subtract_from_rgb_luma(const Plane<const float> (&network)[3], const ColourMatrix& matrix,
                            int x, int y, const Plane<int16_t>& out);

// The same of its chroma, means of 2x2 samples from (x, y) on; beyond the result's end its last
// row and column count again.
void subtract_from_rgb_chroma(const Plane<const float> (&network)[3], const ColourMatrix& matrix,
                              int x, int y, const Plane<int16_t> (&out)[2]);

}  // namespace palantir

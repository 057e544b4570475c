// The two ways to build a coded frame's SR pixels from those of its references.
//
// Both write planes of scale times the LR planes' sizes. References are looked up by coded index
// and must have this frame's size; a reference that is not there counts as without SR pixels.
// 4:2:0, 8 bit; the callers check.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "coded_frame.h"
#include "plane.h"

namespace palantir {

template <class Sample>
using Planes = std::array<Plane<Sample>, kPlanes>;
template <class Sample>
using References = std::map<int32_t, Planes<const Sample>>;

// Detail reuse (docs/method.md): inter blocks take confidence times the motion-compensated detail
// of their references, everything else 0. Detail has kFractionBits fractional bits. `fade` is the
// prediction's miss, in grey levels, at which confidence falls to 1/e.
void reuse_detail(const CodedFrame& frame, const References<int16_t>& references, int scale,
                  double fade, const Planes<int16_t>& detail);

// The paper's reuse: inter blocks take the motion-compensated SR pixels plus the upscaled
// residual, intra blocks the upscaled reconstruction, both before the loop filter, bilinear with
// the block's edge clamped.
void reuse_paper(const CodedFrame& frame, const References<uint8_t>& references, int scale,
                 const Planes<uint8_t>& sr);

}  // namespace palantir

// The two ways to build a coded frame's SR pixels from those of its references.
//
// References are looked up by coded index; one that is not there, or has another size, counts as
// without SR pixels. 4:2:0, 8 bit; the callers check.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "coded_frame.h"
#include "detail_map.h"
#include "filter_bank.h"
#include "parallel.h"
#include "plane.h"

namespace palantir {

template <class Sample>
using Planes = std::array<Plane<Sample>, kPlanes>;
template <class Sample>
using References = std::map<int32_t, Planes<const Sample>>;
using DetailReferences = std::map<int32_t, std::shared_ptr<const DetailMap>>;

// Detail reuse (docs/method.md): where the frame's pixels take their detail from. The pixels of its
// anchors take it from `source`, the frame's own, null if there are none; pixels of inter
// blocks from where their references take it, as far as it still fits (`fade`, confidence.h). Null
// where no detail is left.
std::shared_ptr<DetailMap> reuse_detail(const CodedFrame& frame,
                                        const DetailReferences& references, int scale,
                                        double fade, std::shared_ptr<const DetailSource> source,
                                        BufferPool& pool, const Threads& threads = {});

// What detail makes of U(LR) in plane `p`; `map` may be null. Rows `begin` to `end` of spots. U of
// luma is of the `bank` if that is not null; it must be of this scale.
void render_detail(const CodedFrame& frame, const DetailMap* map, int scale, const FilterBank* bank,
                   int p, int begin, int end, const Plane<uint8_t>& sr);

// The paper's reuse: inter blocks take the motion-compensated SR pixels plus the upscaled
// residual, intra blocks the upscaled reconstruction, both before the loop filter, bilinear with
// the block's edge clamped. Writes planes of scale times the LR planes' sizes.
void reuse_paper(const CodedFrame& frame, const References<uint8_t>& references, int scale,
                 const Planes<uint8_t>& sr, const Threads& threads = {});

}  // namespace palantir

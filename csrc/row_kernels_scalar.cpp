// The truth: one sample after the other, on any machine.
#include "row_kernels.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-vectorize", "no-tree-slp-vectorize")
#endif

namespace palantir {

namespace {

#include "row_kernels_plain.h"

}  // namespace

extern const RowKernels kScalarKernels;
const RowKernels kScalarKernels{plan_plain, blend_plain, stretch_plain, mix_plain, filter_plain,
                                mix_over_plain, place_plain, find_plain, spread_plain, shift_plain,
                                settle_plain, smooth_plain};

}  // namespace palantir

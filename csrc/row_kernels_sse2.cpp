// The plain loops as the compiler vectorises them for any x86-64.
#include "row_kernels.h"

#if defined(__x86_64__)

namespace palantir {

namespace {

#include "row_kernels_plain.h"

}  // namespace

extern const RowKernels kSse2Kernels;
const RowKernels kSse2Kernels{plan_plain, blend_plain, stretch_plain, mix_plain, filter_plain,
                              mix_over_plain, place_plain, find_plain, spread_plain, shift_plain,
                              settle_plain, smooth_plain};

}  // namespace palantir

#endif

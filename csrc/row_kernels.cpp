#include "row_kernels.h"

namespace palantir {

extern const RowKernels kScalarKernels, kSse2Kernels, kAvx2Kernels, kAvx512Kernels, kNeonKernels;

const RowKernels* row_kernels(SimdLevel level) {
  if (!is_available(level)) return nullptr;
  switch (level) {
#if defined(__x86_64__)
    case SimdLevel::kSse2: return &kSse2Kernels;
    case SimdLevel::kAvx2: return &kAvx2Kernels;
    case SimdLevel::kAvx512: return &kAvx512Kernels;
#elif defined(__aarch64__)
    case SimdLevel::kNeon: return &kNeonKernels;
#endif
    default: return &kScalarKernels;
  }
}

const RowKernels& row_kernels() {
  static const RowKernels& chosen = *row_kernels(simd_level());
  return chosen;
}

}  // namespace palantir

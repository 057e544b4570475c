#include "simd.h"

namespace palantir {

const char* simd_level() {
#if defined(PALANTIR_HAS_CLONES)
  __builtin_cpu_init();
#if defined(PALANTIR_HAS_V4_CLONES)
  if (__builtin_cpu_supports("x86-64-v4")) return "AVX-512";
#endif
  if (__builtin_cpu_supports("avx2")) return "AVX2";
#endif
  return "baseline";
}

}  // namespace palantir

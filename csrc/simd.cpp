#include "simd.h"

namespace palantir {

const char* simd_level() {
#if defined(PALANTIR_HAS_CLONES)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return "AVX-512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
#endif
  return "baseline";
}

}  // namespace palantir

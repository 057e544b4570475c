#include "simd.h"

#include <cstdlib>
#include <cstring>

namespace palantir {

namespace {

SimdLevel best_level() {
  SimdLevel best = SimdLevel::kScalar;
  for (int i = 0; i < kSimdLevels; ++i)
    if (is_available(static_cast<SimdLevel>(i))) best = static_cast<SimdLevel>(i);
  return best;
}

SimdLevel choose_level() {
  if (const char* wanted = std::getenv("PALANTIR_SIMD"))
    for (int i = 0; i < kSimdLevels; ++i) {
      const auto level = static_cast<SimdLevel>(i);
      if (std::strcmp(wanted, name_of(level)) == 0 && is_available(level)) return level;
    }
  return best_level();
}

}  // namespace

const char* name_of(SimdLevel level) {
  constexpr const char* names[kSimdLevels] = {"scalar", "sse2", "avx2", "avx512", "neon"};
  return names[static_cast<int>(level)];
}

bool is_available(SimdLevel level) {
  switch (level) {
    case SimdLevel::kScalar: return true;
#if defined(__x86_64__)
    case SimdLevel::kSse2: return true;
    case SimdLevel::kAvx2: return __builtin_cpu_supports("avx2");
    case SimdLevel::kAvx512:
      return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq");
#elif defined(__aarch64__)
    case SimdLevel::kNeon: return true;
#endif
    default: return false;
  }
}

SimdLevel simd_level() {
  static const SimdLevel level = choose_level();
  return level;
}

}  // namespace palantir

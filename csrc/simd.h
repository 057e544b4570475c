// Instruction sets: which one our own loops use, and how a file is compiled for one.
//
// All levels compute the same integers. PALANTIR_SIMD=scalar|sse2|avx2|avx512|neon asks for one
// where there is a table of loops (row_kernels.h); a level that is unknown or that this machine
// lacks means the best there is. libvpx and functions with PALANTIR_CLONES choose for themselves.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if __GNUC__ >= 12  // the first that takes x86-64-v4 here
#define PALANTIR_HAS_V4_CLONES 1
#define PALANTIR_CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define PALANTIR_CLONES __attribute__((target_clones("default", "avx2")))
#endif
#else
#define PALANTIR_CLONES
#endif

// Between these two lines every function is compiled for these features. Nothing that other files
// may share (inline functions of headers) belongs between them.
#define PALANTIR_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define PALANTIR_TARGET(features) \
  PALANTIR_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define PALANTIR_TARGET_END _Pragma("clang attribute pop")
#else
#define PALANTIR_TARGET(features) \
  _Pragma("GCC push_options") PALANTIR_PRAGMA(GCC target(features))
#define PALANTIR_TARGET_END _Pragma("GCC pop_options")
#endif

namespace palantir {

enum class SimdLevel { kScalar, kSse2, kAvx2, kAvx512, kNeon };
constexpr int kSimdLevels = 5;

// As in PALANTIR_SIMD.
const char* name_of(SimdLevel level);

// Whether this build has loops for it and this machine runs them.
bool is_available(SimdLevel level);

// The level in use, chosen at the first call.
SimdLevel simd_level();

}  // namespace palantir

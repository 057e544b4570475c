// Hot integer loops are compiled once per instruction set and chosen when the library loads; all
// versions compute the same integers.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PALANTIR_HAS_CLONES 1
#if __GNUC__ >= 12  // the first that takes x86-64-v4 here
#define PALANTIR_HAS_V4_CLONES 1
#define PALANTIR_CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define PALANTIR_CLONES __attribute__((target_clones("default", "avx2")))
#endif
#else
#define PALANTIR_CLONES
#endif

namespace palantir {

// The instruction set our own loops use on this machine. libvpx chooses for itself.
const char* simd_level();

}  // namespace palantir

// What every test program here does with its expectations: print those that fail, count them.
#pragma once

#include <atomic>
#include <cstdio>

// Main returns whether it is above 0. Any thread may expect.
inline std::atomic<int> failures{0};

inline void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  ++failures;
}

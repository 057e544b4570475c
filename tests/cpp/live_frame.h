// Frames for the tests of live selection, in few words.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "tail.h"

using Slots = std::array<std::int32_t, palantir::kSlots>;

enum Kind { kKey, kInter, kHidden };

// All slots hold `index`.
inline Slots all_slots(std::int32_t index) {
  Slots slots;
  slots.fill(index);
  return slots;
}

inline palantir::LiveFrame make_frame(Kind kind, std::int32_t index, const Slots& slots,
                                      std::vector<double> texture,
                                      std::vector<palantir::Edge> edges = {}) {
  return {index,           kind != kHidden, kind == kKey, slots, std::move(texture),
          std::move(edges)};
}

inline bool near(double a, double b) {
  return std::fabs(a - b) <= 1e-12 * (1.0 + std::fabs(a) + std::fabs(b));
}

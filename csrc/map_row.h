// One row of spots of a DetailMap (detail_map.h), and how one walks along it.
#pragma once

#include <cstdint>
#include <cstring>

namespace palantir {

struct MapRow {
  const uint16_t *source, *confidence;
  const int16_t *down, *across;

  MapRow from(int x) const { return {source + x, confidence + x, down + x, across + x}; }

  // The first spot from `x` on that has confidence, `width` if there is none.
  int next_live(int x, int width) const {
    uint64_t four = 0;
    for (; x + 4 <= width && !four; x += four ? 0 : 4)
      std::memcpy(&four, confidence + x, sizeof four);
    while (x < width && !confidence[x]) ++x;
    return x;
  }

  // The first spot after `x` that has confidence in another source than that of `x`.
  int end_of_source(int x, int width) const {
    const uint16_t name = source[x];
    const uint64_t same = name * uint64_t{0x0001000100010001};
    for (++x; x < width; ++x) {
      uint64_t four = ~same;
      if (x + 4 <= width) std::memcpy(&four, source + x, sizeof four);
      if (four == same) x += 3;
      else if (source[x] != name && confidence[x]) break;
    }
    return x;
  }
};

}  // namespace palantir

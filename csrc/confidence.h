// Confidence that a reference still shows what the frame shows (docs/method.md, detail reuse).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "coded_frame.h"
#include "plane.h"
#include "row_kernels.h"

namespace palantir {

// 256 * exp(-miss / fade) for each possible miss.
using FadeTable = std::array<uint16_t, 256>;
FadeTable make_fade_table(double fade);

// exp(-|LR - prediction| / fade) of luma, 0 in blocks that cannot be reused, averaged over 5x5
// pixels. 8-bit pictures only. One thread, but others may have objects of their own.
class Confidence {
 public:
  Confidence(const CodedFrame& frame, const FadeTable& table);

  // Of LR row `y`, until the next call. Rows that follow each other cost least.
  const uint16_t* row(int y);
  // Of a row of spots (detail_map.h): means of their 2x2 pixels. Until the next call.
  const uint16_t* spot_row(int y);

 private:
  void mark_reusable();
  void smooth_row(int y, std::vector<uint16_t>& out);
  void measure_row(int y);
  uint16_t* misses(int y) { return &misses_[y % kKept * stride_]; }

  static constexpr int kKept = 8;  // measured rows: a power of two that five fit in

  const CodedFrame& frame_;
  const FadeTable& table_;
  int columns_;
  size_t stride_;
  std::vector<uint8_t> reusable_;  // of each cell
  std::vector<uint16_t> misses_;   // the last rows measured, each with 2 samples more at both ends
  std::vector<uint16_t> sums_, smooth_, below_;
  int measured_ = 0;  // rows
};

}  // namespace palantir

// Confidence that a reference still shows what the frame shows (docs/method.md, detail reuse).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "coded_frame.h"
#include "plane.h"
#include "row_kernels.h"

namespace palantir {

// 256 * exp(-miss / fade) for each possible miss of a spot, in quarters of a grey level.
using FadeTable = std::array<uint16_t, 4 * 255 + 1>;
FadeTable make_fade_table(double fade);

// exp(-|LR - prediction| / fade) of luma, by the mean of the absolute differences of each spot
// (row_kernels.h), 0 in blocks that cannot be reused, averaged over the spots around. 8-bit
// pictures only. One thread, but others may have objects of their own.
class Confidence {
 public:
  Confidence(const CodedFrame& frame, const FadeTable& table);

  // Of row `y` of spots, until the next call. Rows must not go back.
  const uint16_t* row(int y);

 private:
  void mark_reusable();
  void measure_row(int y);
  uint16_t* measured(int y) { return &kept_[y % kKept * stride_]; }

  static constexpr int kKept = 4;  // measured rows: a power of two that three fit in

  const CodedFrame& frame_;
  const FadeTable& table_;
  int width_, height_;  // in spots
  int columns_;         // of cells
  size_t stride_;
  std::vector<uint8_t> reusable_;  // of each cell
  std::vector<uint16_t> kept_;     // the last rows measured, each with a spot more at both ends
  std::vector<uint16_t> misses_, sums_, smooth_;
  int done_ = 0;  // rows
};

}  // namespace palantir

// Confidence that a reference still shows what the frame shows (docs/method.md, detail reuse).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "buffer_pool.h"
#include "coded_frame.h"
#include "plane.h"
#include "row_kernels.h"

namespace palantir {

// 256 * exp(-miss / fade) for each possible miss.
using FadeTable = std::array<uint16_t, 256>;
FadeTable make_fade_table(double fade);

// exp(-|LR - prediction| / fade) of luma, 0 in blocks that cannot be reused, averaged over 5x5
// pixels; chroma takes the mean of its 2x2 luma pixels. 8-bit pictures only. One thread.
class Confidence {
 public:
  // Of the cell rows that are marked in `wanted`; the others are undefined.
  Confidence(const CodedFrame& frame, const FadeTable& table, const std::vector<uint8_t>& wanted,
             BufferPool& pool);

  // Rows run on to whole cells with 0 beyond the frame.
  Plane<const uint16_t> plane(int p) const { return p ? chroma_ : luma_; }

 private:
  void measure_row(int y);
  void smooth_row(int y);
  void halve_row(int y);
  void mark_reusable();

  const CodedFrame& frame_;
  const FadeTable& table_;
  int columns_;
  std::vector<uint8_t> reusable_;  // of each cell
  BufferPool::Buffer bytes_;
  Plane<uint16_t> luma_, chroma_;
  Plane<uint16_t> misses_;  // the last rows measured, each with 2 samples more at both ends
  uint16_t* sums_ = nullptr;
  int measured_ = 0;  // rows
};

}  // namespace palantir

// Confidence that a reference still shows what the frame shows (docs/method.md, detail reuse).
#pragma once

#include <cstdint>
#include <vector>

#include "coded_frame.h"

namespace palantir {

constexpr int kConfidenceBits = 8;  // 256 is full confidence

// exp(-|LR - prediction| / fade) of luma, 0 in blocks that cannot be reused, averaged over 5x5
// pixels. Row-major, one value a luma pixel of the frame. 8-bit pictures only.
std::vector<uint16_t> measure_confidence(const CodedFrame& frame, double fade);

}  // namespace palantir

#include "confidence.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace palantir {

namespace {

constexpr int kRadius = 2;

}  // namespace

FadeTable make_fade_table(double fade) {
  FadeTable table;
  for (int miss = 0; miss < 256; ++miss)
    table[miss] =
        static_cast<uint16_t>(std::lround((1 << kConfidenceBits) * std::exp(-miss / fade)));
  return table;
}

Confidence::Confidence(const CodedFrame& frame, const FadeTable& table)
    : frame_(frame), table_(table), columns_((frame.facts.width + kCell - 1) / kCell),
      stride_(static_cast<size_t>(columns_) * kCell + kSlack), misses_(kKept * stride_),
      sums_(stride_), smooth_(stride_), below_(stride_) {
  mark_reusable();
}

void Confidence::mark_reusable() {
  const int rows = (frame_.facts.height + kCell - 1) / kCell;
  reusable_.assign(static_cast<size_t>(columns_) * rows, 0);
  for (const Block& block : frame_.blocks) {
    if (!block.inter || !block.usable) continue;
    const int left = block.x / kCell, right = std::min(left + block.width / kCell, columns_);
    const int top = block.y / kCell, bottom = std::min(top + block.height / kCell, rows);
    for (int row = top; row < bottom; ++row)
      std::fill(&reusable_[static_cast<size_t>(row) * columns_ + left],
                &reusable_[static_cast<size_t>(row) * columns_ + left] + (right - left),
                uint8_t{1});
  }
}

void Confidence::measure_row(int y) {
  const int width = frame_.facts.width;
  const uint8_t* shown = frame_.picture.plane<const uint8_t>(0).row(y);
  const uint8_t* predicted = frame_.prediction.plane<const uint8_t>(0).row(y);
  const uint8_t* reusable = &reusable_[static_cast<size_t>(y / kCell) * columns_];
  uint16_t* out = misses(y) + kRadius;
  for (int column = 0; column < columns_; ++column) {
    const int begin = column * kCell, end = std::min(begin + kCell, width);
    if (!reusable[column]) std::fill(out + begin, out + end, uint16_t{0});
    else
      for (int x = begin; x < end; ++x) out[x] = table_[std::abs(shown[x] - predicted[x])];
  }
  for (int i = 1; i <= kRadius; ++i) {
    out[-i] = out[0];
    out[width - 1 + i] = out[width - 1];
  }
}

// One more sample than the row has, like its last.
void Confidence::smooth_row(int y, std::vector<uint16_t>& out) {
  const int width = frame_.facts.width, height = frame_.facts.height;
  measured_ = std::max(measured_, y - kRadius);
  for (const int last = std::min(y + kRadius, height - 1); measured_ <= last; ++measured_)
    measure_row(measured_);
  const uint16_t* rows[2 * kRadius + 1];
  for (int i = 0; i <= 2 * kRadius; ++i)
    rows[i] = misses(std::clamp(y + i - kRadius, 0, height - 1));
  row_kernels().smooth(rows, width, sums_.data(), out.data());
  out[width] = out[width - 1];
}

const uint16_t* Confidence::row(int y) {
  smooth_row(y, smooth_);
  return smooth_.data();
}

const uint16_t* Confidence::spot_row(int y) {
  const bool single = 2 * y + 1 == frame_.facts.height;
  smooth_row(2 * y, smooth_);
  if (!single) smooth_row(2 * y + 1, below_);
  row_kernels().halve(smooth_.data(), (single ? smooth_ : below_).data(),
                      (frame_.facts.width + 1) / 2, sums_.data());
  return sums_.data();
}

}  // namespace palantir

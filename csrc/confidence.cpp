#include "confidence.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace palantir {

namespace {

constexpr int kRadius = 2;
constexpr int kKept = 8;  // measured rows, a power of two above 2 * kRadius

}  // namespace

FadeTable make_fade_table(double fade) {
  FadeTable table;
  for (int miss = 0; miss < 256; ++miss)
    table[miss] =
        static_cast<uint16_t>(std::lround((1 << kConfidenceBits) * std::exp(-miss / fade)));
  return table;
}

Confidence::Confidence(const CodedFrame& frame, const FadeTable& table,
                       const std::vector<uint8_t>& wanted, BufferPool& pool)
    : frame_(frame), table_(table), columns_((frame.facts.width + kCell - 1) / kCell) {
  const int rows = static_cast<int>(wanted.size());
  const size_t width = static_cast<size_t>(columns_) * kCell, kept = width + kSlack;
  const size_t luma = width * rows * kCell, chroma = luma / 4;
  bytes_ = pool.take((luma + chroma + (kKept + 1) * kept + kSlack) * sizeof(uint16_t));
  auto* at = reinterpret_cast<uint16_t*>(bytes_.get());
  const auto stride = static_cast<std::ptrdiff_t>(width);
  luma_ = {at, stride, static_cast<int>(width), rows * kCell};
  chroma_ = {at + luma, stride / 2, static_cast<int>(width) / 2, rows * kCell / 2};
  misses_ = {chroma_.data + chroma, static_cast<std::ptrdiff_t>(kept), frame.facts.width, kKept};
  sums_ = misses_.row(kKept);
  mark_reusable();
  for (int row = 0; row < rows; ++row) {
    if (!wanted[row]) continue;
    const int bottom = std::min((row + 1) * kCell, frame.facts.height);
    for (int y = row * kCell; y < bottom; ++y) smooth_row(y);
    for (int y = row * kCell / 2; y < (bottom + 1) / 2; ++y) halve_row(y);
  }
}

void Confidence::mark_reusable() {
  const int rows = luma_.height / kCell;
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
  uint16_t* out = misses_.row(y % kKept) + kRadius;
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

void Confidence::smooth_row(int y) {
  const int height = frame_.facts.height, last = std::min(y + kRadius, height - 1);
  measured_ = std::max(measured_, y - kRadius);  // rows above were not wanted
  for (; measured_ <= last; ++measured_) measure_row(measured_);
  const uint16_t* rows[2 * kRadius + 1];
  for (int i = 0; i <= 2 * kRadius; ++i)
    rows[i] = misses_.row(std::clamp(y + i - kRadius, 0, height - 1) % kKept);
  row_kernels().smooth(rows, frame_.facts.width, sums_, luma_.row(y));
  std::fill(luma_.row(y) + frame_.facts.width, luma_.row(y) + luma_.width, uint16_t{0});
}

void Confidence::halve_row(int y) {
  const int width = frame_.facts.width;
  const uint16_t* top = luma_.row(2 * y);
  const uint16_t* bottom = luma_.row(std::min(2 * y + 1, frame_.facts.height - 1));
  uint16_t* out = chroma_.row(y);
  for (int x = 0; x < width / 2; ++x)
    out[x] = static_cast<uint16_t>(
        (top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1] + 2) >> 2);
  if (width % 2)
    out[width / 2] = static_cast<uint16_t>((2 * (top[width - 1] + bottom[width - 1]) + 2) >> 2);
  std::fill(out + (width + 1) / 2, out + chroma_.width, uint16_t{0});
}

}  // namespace palantir

#include "confidence.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace palantir {

namespace {

constexpr int kSpotsOfCell = kCell / kSpot;

}  // namespace

FadeTable make_fade_table(double fade) {
  FadeTable table;
  for (size_t quarters = 0; quarters < table.size(); ++quarters) {
    const double confidence = std::exp(-0.25 * static_cast<double>(quarters) / fade);
    table[quarters] = static_cast<uint16_t>(std::lround((1 << kConfidenceBits) * confidence));
  }
  return table;
}

Confidence::Confidence(const CodedFrame& frame, const FadeTable& table)
    : frame_(frame), table_(table), width_(spots(frame.facts.width)),
      height_(spots(frame.facts.height)), columns_((frame.facts.width + kCell - 1) / kCell),
      stride_(static_cast<size_t>(columns_) * kSpotsOfCell + kSlack), kept_(kKept * stride_),
      misses_(stride_), sums_(stride_), smooth_(stride_) {
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

// The spot of an odd last column, or of an odd last row, counts its pixels twice.
void Confidence::measure_row(int y) {
  const auto shown = frame_.picture.plane<const uint8_t>(0);
  const auto predicted = frame_.prediction.plane<const uint8_t>(0);
  const int top = kSpot * y, bottom = std::min(top + 1, frame_.facts.height - 1);
  const uint8_t *a = shown.row(top), *b = predicted.row(top);
  const uint8_t *c = shown.row(bottom), *d = predicted.row(bottom);
  const int whole = frame_.facts.width / kSpot;
  row_kernels().miss(a, b, c, d, whole, misses_.data());
  if (const int x = kSpot * whole; whole < width_)
    misses_[whole] = static_cast<uint16_t>(2 * (std::abs(a[x] - b[x]) + std::abs(c[x] - d[x])));
  const uint8_t* reusable = &reusable_[static_cast<size_t>(top / kCell) * columns_];
  uint16_t* out = measured(y) + 1;
  for (int column = 0; column < columns_; ++column)
    for (int x = column * kSpotsOfCell; x < (column + 1) * kSpotsOfCell; ++x)
      out[x] = reusable[column] ? table_[misses_[x]] : uint16_t{0};
  out[-1] = out[0];
  out[width_] = out[width_ - 1];
}

const uint16_t* Confidence::row(int y) {
  done_ = std::max(done_, y - 1);
  for (const int last = std::min(y + 1, height_ - 1); done_ <= last; ++done_) measure_row(done_);
  row_kernels().smooth(measured(std::max(y - 1, 0)), measured(y),
                       measured(std::min(y + 1, height_ - 1)), width_, sums_.data(),
                       smooth_.data());
  return smooth_.data();
}

}  // namespace palantir

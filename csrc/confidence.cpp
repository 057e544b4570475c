#include "confidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace palantir {

namespace {

constexpr int kRadius = 2;
constexpr int kWindow = 2 * kRadius + 1;

std::array<uint16_t, 256> make_table(double fade) {
  std::array<uint16_t, 256> table;
  for (int miss = 0; miss < 256; ++miss)
    table[miss] =
        static_cast<uint16_t>(std::lround((1 << kConfidenceBits) * std::exp(-miss / fade)));
  return table;
}

void clear_area(std::vector<uint16_t>& map, int width, const Area& area) {
  for (int y = area.y; y < area.y + area.height; ++y)
    std::fill_n(&map[static_cast<size_t>(y) * width + area.x], area.width, uint16_t{0});
}

// Sums over kWindow samples along a row, edges replicated.
void sum_row(const uint16_t* in, int width, uint16_t* out) {
  for (int x = 0; x < width; ++x) {
    int sum = 0;
    for (int i = x - kRadius; i <= x + kRadius; ++i) sum += in[std::clamp(i, 0, width - 1)];
    out[x] = static_cast<uint16_t>(sum);
  }
}

void smooth(std::vector<uint16_t>& map, int width, int height) {
  std::vector<uint16_t> sums(map.size());
  for (int y = 0; y < height; ++y)
    sum_row(&map[static_cast<size_t>(y) * width], width, &sums[static_cast<size_t>(y) * width]);
  constexpr int area = kWindow * kWindow;
  for (int y = 0; y < height; ++y) {
    const uint16_t* rows[kWindow];
    for (int i = 0; i < kWindow; ++i)
      rows[i] = &sums[static_cast<size_t>(std::clamp(y + i - kRadius, 0, height - 1)) * width];
    uint16_t* out = &map[static_cast<size_t>(y) * width];
    for (int x = 0; x < width; ++x) {
      const unsigned sum = rows[0][x] + rows[1][x] + rows[2][x] + rows[3][x] + rows[4][x];
      out[x] = static_cast<uint16_t>((sum + area / 2) / area);
    }
  }
}

}  // namespace

std::vector<uint16_t> measure_confidence(const CodedFrame& frame, double fade) {
  const auto table = make_table(fade);
  const auto shown = frame.picture.plane<const uint8_t>(0);
  const auto predicted = frame.prediction.plane<const uint8_t>(0);
  std::vector<uint16_t> map(static_cast<size_t>(shown.width) * shown.height);
  for (int y = 0; y < shown.height; ++y) {
    const uint8_t *a = shown.row(y), *b = predicted.row(y);
    uint16_t* out = &map[static_cast<size_t>(y) * shown.width];
    for (int x = 0; x < shown.width; ++x) out[x] = table[std::abs(a[x] - b[x])];
  }
  for (const Block& block : frame.blocks)
    if (!block.inter || !block.usable) clear_area(map, shown.width, area_of(frame, block, 0));
  smooth(map, shown.width, shown.height);
  return map;
}

}  // namespace palantir

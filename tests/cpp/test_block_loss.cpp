// The two forms of a block's loss give the same integers, and stay within their widths.
#include "block_loss.h"

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "expect.h"
#include "lane_loss.h"

namespace {

using namespace palantir;

constexpr int kStride = 80;  // not a block's width, so that rows lie apart

struct Samples {
  std::vector<uint8_t> whole = std::vector<uint8_t>(kStride * kMaxBlock);
  std::vector<uint8_t> prediction = std::vector<uint8_t>(kStride * kMaxBlock);

  BlockSamples<uint8_t> block(int width, int height, bool residual) const {
    return {whole.data(), kStride, residual ? prediction.data() : nullptr, kStride, width, height};
  }
};

using Fill = std::function<std::pair<int, int>(int x, int y)>;  // sample, predicted sample

void compare(int width, int height, const Fill& fill) {
  static std::mt19937 random(1);
  static const auto lanes = std::make_unique<LaneLoss>();
  static const auto plain = std::make_unique<BlockLoss>();
  Samples samples;
  for (int y = 0; y < kMaxBlock; ++y)
    for (int x = 0; x < kStride; ++x) {
      const auto [whole, prediction] = fill(x, y);
      samples.whole[y * kStride + x] = static_cast<uint8_t>(whole);
      samples.prediction[y * kStride + x] = static_cast<uint8_t>(prediction);
    }
  for (const bool residual : {false, true}) {
    lanes->measure(samples.block(width, height, residual));
    plain->measure(samples.block(width, height, residual));
    const Area all{0, 0, width, height};
    expect(lanes->energy(all) == plain->energy(all), "the whole block");
    for (int i = 0; i < 20; ++i) {
      const int x = static_cast<int>(random() % width), y = static_cast<int>(random() % height);
      const Area part{x, y, 1 + static_cast<int>(random() % (width - x)),
                      1 + static_cast<int>(random() % (height - y))};
      expect(lanes->energy(part) == plain->energy(part), "a part of it");
    }
  }
}

void both_forms_agree(const Fill& fill) {
  for (int width = 1; width <= kMaxBlock; ++width)
    for (int height = 1; height <= kMaxBlock; ++height)
      if (LaneLoss::takes(width, height)) compare(width, height, fill);
}

void every_block_inside_a_picture_has_lanes() {
  for (const int width : {4, 8, 16, 32, 64})
    for (const int height : {4, 8, 16, 32, 64})
      expect(LaneLoss::takes(width, height), "a power of two");
  for (const int width : {1, 2, 3, 5, 7, 12, 63})
    expect(!LaneLoss::takes(width, 8), "cut at the picture's edge");
}

}  // namespace

int main() {
  std::mt19937 random(2);
  const auto noise = [&random](int, int) {
    return std::pair<int, int>(random() % 256, random() % 256);
  };
  // The largest loss there is: one pixel against all others.
  const auto lone = [](int x, int y) {
    return x % 6 == 2 && y % 6 == 2 ? std::pair(255, 0) : std::pair(0, 255);
  };
  const auto lone_dark = [](int x, int y) {
    return x % 6 == 3 && y % 6 == 3 ? std::pair(0, 255) : std::pair(255, 0);
  };
  const auto chequered = [](int x, int y) {
    return (x + y) % 2 ? std::pair(255, 0) : std::pair(0, 255);
  };
  both_forms_agree(noise);
  both_forms_agree(lone);
  both_forms_agree(lone_dark);
  both_forms_agree(chequered);
  every_block_inside_a_picture_has_lanes();
  return failures > 0;
}

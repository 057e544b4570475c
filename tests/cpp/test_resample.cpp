// Upscaling and composing without Python: known answers, extremes, one-pixel planes.
#include "resample.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "expect.h"

namespace {

using palantir::Kernel;
using palantir::kOne;
using palantir::kTaps;
using palantir::Phases;
using palantir::phases_of;
using palantir::Plane;

double weight(Kernel kernel, double x) {
  x = std::fabs(x);
  if (kernel == Kernel::kBilinear) return std::max(0.0, 1 - x);
  if (x < 1) return 1.25 * x * x * x - 2.25 * x * x + 1;
  return x < 2 ? -0.75 * (x * x * x - 5 * x * x + 8 * x - 4) : 0.0;
}

struct Samples {
  std::vector<uint8_t> values;
  int width, height;

  Plane<const uint8_t> view() const { return {values.data(), width, width, height}; }
  double at(int x, int y) const {
    return values[std::clamp(y, 0, height - 1) * width + std::clamp(x, 0, width - 1)];
  }
  // The definition: a weighted sum over the 6x6 samples about the position.
  double sampled(double x, double y, Kernel kernel) const {
    double sum = 0;
    const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
    for (int j = top - 2; j <= top + 3; ++j)
      for (int i = left - 2; i <= left + 3; ++i)
        sum += weight(kernel, x - i) * weight(kernel, y - j) * at(i, j);
    return sum;
  }
};

Samples noise(int width, int height) {
  std::mt19937 random(static_cast<unsigned>(width * 100 + height));
  Samples samples{std::vector<uint8_t>(static_cast<size_t>(width) * height), width, height};
  for (auto& value : samples.values)
    value = random() % 2 ? static_cast<uint8_t>(random()) : (random() % 2 ? 255 : 0);
  return samples;
}

std::vector<int16_t> upscaled(const Samples& in, int scale, Kernel kernel) {
  std::vector<int16_t> out(in.values.size() * scale * scale);
  upscale(in.view(), scale, kernel,
          {out.data(), in.width * scale, in.width * scale, in.height * scale});
  return out;
}

void equals_the_definition() {
  for (const Kernel kernel : {Kernel::kBilinear, Kernel::kBicubic})
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 5}, {4, 1}, {2, 3}, {19, 11}})
      for (int scale = 1; scale <= 4; ++scale) {
        const Samples in = noise(width, height);
        const auto out = upscaled(in, scale, kernel);
        double worst = 0;
        for (int y = 0; y < height * scale; ++y)
          for (int x = 0; x < width * scale; ++x)
            worst = std::max(
                worst, std::fabs(out[static_cast<size_t>(y) * width * scale + x] -
                                 kOne * in.sampled((x + 0.5) / scale - 0.5,
                                                   (y + 0.5) / scale - 0.5, kernel)));
        // Weights are exact multiples of 1/2048 but for thirds.
        expect(worst <= (scale == 3 ? 16 : 1.25), "upscaling equals its definition");
        if (scale == 1) expect(worst == 0, "scale 1 is the identity");
      }
}

// Of all pictures of 0 and 255 the worst for one sample is that of its taps' signs.
void sharp_upscaling_does_not_wrap() {
  for (int scale = 2; scale <= 4; ++scale) {
    const Phases& phases = phases_of(Kernel::kSharp, scale);
    for (int phase = 0; phase < scale; ++phase)
      for (const bool high : {true, false}) {
        Samples in{std::vector<uint8_t>(9 * 9), 9, 9};
        const auto sign = [&](int i) {
          const int tap = i - 4 - phases.first[phase];
          return tap >= 0 && tap < kTaps && phases.weight[phase][tap] < 0;
        };
        for (int y = 0; y < 9; ++y)
          for (int x = 0; x < 9; ++x)
            in.values[9 * y + x] = (sign(y) != sign(x)) == high ? 0 : 255;
        const auto out = upscaled(in, scale, Kernel::kSharp);
        const int value = out[static_cast<size_t>(4 * scale + phase) * 9 * scale + 4 * scale + phase];
        expect(high ? value > 255 * kOne : value < 0, "the sharp kernel's extremes");
      }
  }
}

void compose_rounds_and_clips() {
  const std::vector<int16_t> base{-7000, -33, -32, 0, 31, 32, 95, 96, 16287, 16288, 23600};
  const std::vector<int16_t> detail{32767, 0, 0, -1, 1, 0, 0, 0, 0, 32767, -23600};
  const int count = static_cast<int>(base.size());
  std::vector<uint8_t> out(base.size());
  palantir::compose({base.data(), count, count, 1}, {}, {out.data(), count, count, 1});
  expect(out == std::vector<uint8_t>{0, 0, 0, 0, 0, 1, 1, 2, 254, 255, 255}, "base alone");
  palantir::compose({base.data(), count, count, 1}, {detail.data(), count, count, 1},
          {out.data(), count, count, 1});
  expect(out == std::vector<uint8_t>{255, 0, 0, 0, 1, 1, 1, 2, 254, 255, 0}, "base and detail");
}

}  // namespace

int main() {
  equals_the_definition();
  sharp_upscaling_does_not_wrap();
  compose_rounds_and_clips();
  return failures > 0;
}

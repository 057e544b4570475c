// Every instruction set's loops against the scalar ones, bit for bit, at every width that matters.
#include "row_kernels.h"

#include <algorithm>
#include <random>
#include <vector>

#include "expect.h"
#include "resample.h"

namespace {

using namespace palantir;

std::mt19937 random_bits(1);

template <class Sample>
std::vector<Sample> noise(size_t size, int low, int high) {
  std::vector<Sample> samples(size);
  for (auto& sample : samples)
    sample = static_cast<Sample>(low + static_cast<int>(random_bits() % (high - low + 1)));
  return samples;
}

const int kWidths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 213, 427};

void stretch_is_the_same(const RowKernels& truth, const RowKernels& other) {
  for (int scale = 2; scale <= 4; ++scale) {
    const Phases& phases = phases_of(Kernel::kBicubic, scale);
    const StretchPlan slow = truth.plan(phases), fast = other.plan(phases);
    for (const int width : kWidths)
      for (const int cell : {kCell, kCell / 2}) {
        const auto in = noise<int16_t>(width + kMargin + kSlack, -2500, 18900);
        auto detail = noise<int8_t>(width * scale + kSlack, -kDetailLimit, kDetailLimit);
        const auto live = noise<uint8_t>(width / cell + 2, 0, 1);
        for (int x = 0; x < width * scale; ++x)
          if (!live[x / scale / cell]) detail[x] = 0;
        for (const uint8_t* map : {live.data(), static_cast<const uint8_t*>(nullptr)}) {
          const int step = kOne >> (width % 3);
          std::vector<uint8_t> a(width * scale + 64, 7), b = a;
          truth.stretch(in.data() + kMargin, slow, width, detail.data(), step, map, cell,
                        a.data());
          other.stretch(in.data() + kMargin, fast, width, detail.data(), step, map, cell,
                        b.data());
          expect(a == b, "stretch");
        }
      }
  }
}

void blend_is_the_same(const RowKernels& truth, const RowKernels& other) {
  for (const int width : kWidths) {
    const auto samples = noise<uint8_t>(4 * width, 0, 255);
    const uint8_t* rows[] = {&samples[0], &samples[width], &samples[2 * width],
                             &samples[3 * width]};
    for (int phase = 0; phase < 4; ++phase) {
      std::vector<int16_t> a(width + 9, 7), b = a;
      const int16_t* weight = phases_of(Kernel::kBicubic, 4).weight[phase];
      truth.blend(rows, weight, width, a.data());
      other.blend(rows, weight, width, b.data());
      expect(a == b, "blend");
    }
  }
}

void fade_is_the_same(const RowKernels& truth, const RowKernels& other) {
  constexpr int stride = 64;
  for (int round = 0; round < 40; ++round)
    for (int scale = 1; scale <= 4; ++scale)
      for (const int width : {kCell, kCell / 2}) {
        const int height = 1 + round % width;
        const auto in = noise<int8_t>(stride * 34 + kSlack, -kDetailLimit, kDetailLimit);
        auto confidence = noise<uint16_t>(20 * kCell + kSlack, 0, 256);
        if (round % 4 == 0) std::fill(confidence.begin(), confidence.end(), uint16_t{256});
        std::vector<int8_t> a(stride * 34, 7), b = a;
        const int first = truth.fade(in.data() + round, stride, confidence.data(), 20, width,
                                     height, scale, a.data(), stride);
        const int second = other.fade(in.data() + round, stride, confidence.data(), 20, width,
                                      height, scale, b.data(), stride);
        expect(first == second, "the greatest of a cell");
        expect(a == b, "fade");
      }
}

void filters_are_the_same(const RowKernels& truth, const RowKernels& other) {
  const int16_t weight[] = {-6, 38, 38, -6};
  for (const int width : kWidths) {
    const auto in = noise<int8_t>(4 * width + 8, -kDetailLimit, kDetailLimit);
    std::vector<int8_t> a(width + 9, 7), b = a;
    for (const int step : {1, width}) {
      truth.interpolate(in.data() + step, step, weight, width, a.data());
      other.interpolate(in.data() + step, step, weight, width, b.data());
      expect(a == b, "interpolate");
    }
    truth.average(in.data(), in.data() + width, width, a.data());
    other.average(in.data(), in.data() + width, width, b.data());
    expect(a == b, "average");
    const auto misses = noise<uint16_t>(5 * (width + 4), 0, 256);
    const uint16_t* rows[5];
    for (int i = 0; i < 5; ++i) rows[i] = &misses[i * (width + 4)];
    std::vector<uint16_t> sums(width + 4), c(width + 9, 7), d = c;
    truth.smooth(rows, width, sums.data(), c.data());
    other.smooth(rows, width, sums.data(), d.data());
    expect(c == d, "smooth");
  }
}

void smooth_is_the_mean() {
  for (unsigned total = 0; total <= 25 * 256; ++total) {
    uint16_t row[5][5] = {};
    for (unsigned i = 0, left = total; i < 25; ++i) {
      row[i / 5][i % 5] = static_cast<uint16_t>(std::min(left, 256u));
      left -= row[i / 5][i % 5];
    }
    const uint16_t* rows[] = {row[0], row[1], row[2], row[3], row[4]};
    uint16_t sums[5], out;
    row_kernels(SimdLevel::kScalar)->smooth(rows, 1, sums, &out);
    expect(out == (total + 12) / 25, "the mean of 25");
  }
}

}  // namespace

int main() {
  const RowKernels& truth = *row_kernels(SimdLevel::kScalar);
  for (int i = 0; i < kSimdLevels; ++i)
    if (const RowKernels* other = row_kernels(static_cast<SimdLevel>(i))) {
      stretch_is_the_same(truth, *other);
      blend_is_the_same(truth, *other);
      fade_is_the_same(truth, *other);
      filters_are_the_same(truth, *other);
    }
  smooth_is_the_mean();
  return failures > 0;
}

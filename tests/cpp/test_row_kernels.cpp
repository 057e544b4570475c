// Every instruction set's loops against the scalar ones, bit for bit, at every width that matters.
#include "row_kernels.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "expect.h"
#include "filter_bank.h"
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
    const Phases &sharp = phases_of(Kernel::kSharp, scale),
                 &bicubic = phases_of(Kernel::kBicubic, scale);
    const StretchPlan slow[] = {truth.plan(sharp), truth.plan(bicubic)};
    const StretchPlan fast[] = {other.plan(sharp), other.plan(bicubic)};
    for (const int width : kWidths) {
      const auto in = noise<int16_t>(width + kMargin + kSlack, -7200, 23600);
      const auto second = noise<int16_t>(width + kMargin + kSlack, -7200, 23600);
      const auto detail = noise<int16_t>(width * scale + kSlack, -32768, 32767);
      auto weight = noise<int16_t>(width * scale + kSlack, 0, 32767);
      for (size_t x = 0; x < weight.size(); x += 3) weight[x] = 32767;
      std::fill_n(weight.begin(), std::min<size_t>(weight.size(), 150), 0);
      std::vector<uint8_t> a(width * scale + 64, 7), b = a;
      truth.stretch({&in[kMargin], slow[0]}, width, a.data());
      other.stretch({&in[kMargin], fast[0]}, width, b.data());
      expect(a == b, "stretch");
      truth.mix({&in[kMargin], slow[0]}, {&second[kMargin], slow[1]}, width, detail.data(),
                weight.data(), a.data());
      other.mix({&in[kMargin], fast[0]}, {&second[kMargin], fast[1]}, width, detail.data(),
                weight.data(), b.data());
      expect(a == b, "mix");
      const auto ready = noise<int16_t>(width * scale + kSlack, -32768, 32767);
      truth.mix_over(ready.data(), {&second[kMargin], slow[1]}, width, detail.data(),
                     weight.data(), a.data());
      other.mix_over(ready.data(), {&second[kMargin], fast[1]}, width, detail.data(),
                     weight.data(), b.data());
      expect(a == b, "mix_over");
    }
  }
}

void filters_are_the_same(const RowKernels& truth, const RowKernels& other) {
  for (const int most : {300, kMaxFilterWeight})  // the greatest sums saturate
    for (int scale = 2; scale <= 4; ++scale) {
      const int count = kFilterClasses * kFilterTaps * scale * scale;
      const auto weights = noise<int16_t>(count, -most, most);
      const FilterBank bank(weights.data(), scale);
      for (const int width : kWidths) {
        const auto pixels = noise<uint8_t>(width, 0, 255);
        const auto classes = noise<uint8_t>(width, 0, kFilterClasses - 1);
        const auto differences = noise<int16_t>(kFilterTaps * width, -255, 255);
        const FilterRow row{pixels.data(), differences.data(), classes.data(), bank.weights()};
        std::vector<int16_t> a[4], b[4];
        int16_t *slow[4], *fast[4];
        for (int i = 0; i < 4; ++i) {
          a[i] = b[i] = std::vector<int16_t>(width * scale + 2, 7);
          slow[i] = a[i].data();
          fast[i] = b[i].data();
        }
        truth.filter(row, width, scale, slow);
        other.filter(row, width, scale, fast);
        for (int i = 0; i < 4; ++i)
          expect(std::equal(a[i].begin(), a[i].end() - 2, b[i].begin()), "filter");
      }
    }
}

void blend_is_the_same(const RowKernels& truth, const RowKernels& other) {
  for (const int width : kWidths) {
    const auto samples = noise<uint8_t>(kTaps * width, 0, 255);
    const uint8_t* rows[kTaps];
    for (int tap = 0; tap < kTaps; ++tap) rows[tap] = &samples[tap * width];
    for (int phase = 0; phase < 4; ++phase) {
      std::vector<int16_t> a(width + 9, 7), b = a;
      const int16_t* weight = phases_of(Kernel::kSharp, 4).weight[phase];
      truth.blend(rows, weight, width, a.data());
      other.blend(rows, weight, width, b.data());
      expect(a == b, "blend");
    }
  }
}

void what_is_found_is_the_same(const RowKernels& truth, const RowKernels& other) {
  constexpr int left = 3, top = 5, width = 50, height = 20, stride = width + 1;
  const auto sums = noise<uint16_t>(stride * (height + 1), 0, 4 * 255);
  const SumsView view{sums.data(), stride, 8 * left, 8 * top, 8 * (left + width - 1),
                      8 * (top + height - 1)};
  for (const int count : kWidths) {
    const auto names = noise<uint16_t>(count, 0, 65535), trust = noise<uint16_t>(count, 0, 1);
    for (const int far : {3, 200, 32767}) {  // within, about and far beyond the edges
      const auto down = noise<int16_t>(count, -far, far), across = noise<int16_t>(count, -far, far);
      const MapRow row{names.data(), trust.data(), down.data(), across.data()};
      std::vector<uint16_t> a(count + 9, 7), b = a;
      truth.find(row, view, 2, 6, count, a.data());
      other.find(row, view, 2, 6, count, b.data());
      expect(a == b, "find");
    }
  }
}

void walks_along_a_row_find_every_end() {
  for (const int width : kWidths)
    for (int round = 0; round < 20; ++round) {
      auto source = noise<uint16_t>(width, 0, round % 3), trust = noise<uint16_t>(width, 0, 1);
      for (int x = 0; x < width; ++x)  // runs, too
        if (round % 2 && x % 13) source[x] = source[x - 1], trust[x] = trust[x - 1];
      const MapRow row{source.data(), trust.data(), nullptr, nullptr};
      for (int x = 0; x < width; ++x) {
        int live = x, end = x + 1;
        while (live < width && !trust[live]) ++live;
        while (end < width && (source[end] == source[x] || !trust[end])) ++end;
        expect(row.next_live(x, width) == live, "the next live spot");
        expect(row.end_of_source(x, width) == end, "the end of a source");
      }
    }
}

void map_rows_are_the_same(const RowKernels& truth, const RowKernels& other) {
  for (const int width : kWidths) {
    const auto source = noise<uint16_t>(width, 5, 6);
    const auto trust = noise<uint16_t>(width, 0, 256), mean = noise<uint16_t>(width, 0, 256);
    const auto down = noise<int16_t>(width, -400, 400), across = noise<int16_t>(width, -400, 400);
    auto confidence = noise<uint16_t>(width, 0, 32767);
    for (int x = 0; x < width; x += 5) confidence[x] = 0;
    const MapRow row{source.data(), confidence.data(), down.data(), across.data()};
    for (int scale = 1; scale <= 4; ++scale) {
      const SpotFrame frame{7, 30, 300, 200, 317, 2 * scale, scale, 3};
      std::vector<int32_t> a(width), b(width);
      std::vector<uint8_t> c(width), d(width);
      truth.place(row, frame, 9, 11, width, a.data(), c.data());
      other.place(row, frame, 9, 11, width, b.data(), d.data());
      expect(a == b && c == d, "place");
      for (const int side : {scale, 2 * scale}) {
        std::vector<int16_t> e(width * side + 3, 7), f = e;
        truth.spread(confidence.data(), width, side, e.data());
        other.spread(confidence.data(), width, side, f.data());
        expect(e == f, "spread");
      }
    }
    auto settled = confidence, other_settled = confidence;
    for (const int y : {0, 20}) {
      const bool first = truth.settle(down.data(), across.data(), trust.data(), mean.data(), y,
                                      width, 40, settled.data());
      const bool second = other.settle(down.data(), across.data(), trust.data(), mean.data(), y,
                                       width, 40, other_settled.data());
      expect(first == second && settled == other_settled, "settle");
    }
  }
}

void rectangles_are_the_same(const RowKernels& truth, const RowKernels& other) {
  for (const int width : kWidths) {
    const auto in = noise<uint16_t>(5 * width, 0, 65535);
    std::vector<uint16_t> a(5 * width + 9, 7), b = a;
    truth.shift(in.data(), width, -77, width, 4, a.data() + 3, width + 1);
    other.shift(in.data(), width, -77, width, 4, b.data() + 3, width + 1);
    expect(a == b, "shift");
  }
}

void means_are_the_same(const RowKernels& truth, const RowKernels& other) {
  for (const int width : kWidths) {
    const auto trust = noise<uint16_t>(3 * (width + 2), 0, 256);
    const uint16_t *above = &trust[0], *row = &trust[width + 2], *below = &trust[2 * (width + 2)];
    std::vector<uint16_t> sums(width + 2), a(width + 9, 7), b = a;
    truth.smooth(above, row, below, width, sums.data(), a.data());
    other.smooth(above, row, below, width, sums.data(), b.data());
    expect(a == b, "smooth");
  }
}

void full_weight_changes_nothing() {
  for (int detail = -16320; detail <= 16320; ++detail)
    expect(weighted(detail, 32767) == detail && weighted(detail, 0) == 0, "full and no weight");
}

void smooth_is_the_mean() {
  const auto expect_mean = [](const std::array<uint16_t, 9>& of) {
    constexpr unsigned weight[] = {9, 12, 9, 12, 16, 12, 9, 12, 9};
    unsigned total = 0;
    for (int i = 0; i < 9; ++i) total += weight[i] * of[i];
    uint16_t sums[3], out;
    row_kernels(SimdLevel::kScalar)->smooth(&of[0], &of[3], &of[6], 1, sums, &out);
    expect(out == (total + 50) / 100, "a weighted mean");
  };
  for (uint16_t rest = 0; rest <= 256; ++rest)
    for (int full = 0; full < 9; ++full)
      for (int one = 0; one < 9; ++one) {
        std::array<uint16_t, 9> of{};
        std::fill_n(of.begin(), full, uint16_t{256});
        of[one] = rest;
        expect_mean(of);
      }
}

}  // namespace

int main() {
  const RowKernels& truth = *row_kernels(SimdLevel::kScalar);
  for (int i = 0; i < kSimdLevels; ++i)
    if (const RowKernels* other = row_kernels(static_cast<SimdLevel>(i))) {
      filters_are_the_same(truth, *other);
      stretch_is_the_same(truth, *other);
      blend_is_the_same(truth, *other);
      what_is_found_is_the_same(truth, *other);
      map_rows_are_the_same(truth, *other);
      rectangles_are_the_same(truth, *other);
      means_are_the_same(truth, *other);
    }
  walks_along_a_row_find_every_end();
  smooth_is_the_mean();
  full_weight_changes_nothing();
  return failures > 0;
}

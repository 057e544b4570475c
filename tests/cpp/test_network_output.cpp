// What networks give as detail, without Python: the definition in double precision, within a step.
#include "network_output.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "expect.h"
#include "row_kernels.h"

namespace {

using palantir::ColourMatrix;
using palantir::kOne;
using palantir::Plane;

constexpr int kWidth = 45, kHeight = 9;
constexpr ColourMatrix kMatrix{{{66, 129, 25}, {-38, -74, 112}, {112, -94, -18}}, {16, 128, 128}};

// Samples of a result, some of them beyond 0 and 1.
struct Channel {
  std::vector<float> values = std::vector<float>(kWidth * kHeight);

  explicit Channel(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> value(-0.2f, 1.2f);
    for (float& one : values) one = value(random);
  }
  Plane<const float> view() const { return {values.data(), kWidth, kWidth, kHeight}; }
  double at(int x, int y) const {
    return values[std::min(y, kHeight - 1) * kWidth + std::min(x, kWidth - 1)];
  }
};

struct Fixed {
  std::vector<int16_t> values;
  int width, height;

  Fixed(int w, int h) : values(static_cast<size_t>(w) * h, 1000), width(w), height(h) {}
  Plane<int16_t> view() { return {values.data(), width, width, height}; }
};

// Whether all are at most a step from `grey(x, y)` grey levels, within limits, less `less`.
template <class Grey>
bool are(const Fixed& found, double least, int less, const Grey& grey) {
  for (int y = 0; y < found.height; ++y)
    for (int x = 0; x < found.width; ++x) {
      const double wanted = kOne * std::clamp(grey(x, y), least, 255.0) - less;
      if (std::fabs(found.values[static_cast<size_t>(y) * found.width + x] - wanted) > 0.51)
        return false;
    }
  return true;
}

void luma_is_as_defined() {
  const Channel network(1);
  Fixed detail(40, 6), picture(40, 6);
  take_detail(network.view(), 3, 2, 1.25f, detail.view());
  expect(are(detail, -255, 0, [&](int x, int y) { return 204 * network.at(x + 3, y + 2); }),
         "detail of a network");
  subtract_from_luma(network.view(), 3, 2, 1.25f, 16.f, picture.view());
  expect(are(picture, 0, 1000,
             [&](int x, int y) { return (255 * network.at(x + 3, y + 2) - 16) / 1.25; }),
         "luma of a network less what is upscaled");
}

void rgb_is_as_defined() {
  const Channel channels[3] = {Channel(2), Channel(3), Channel(4)};
  const Plane<const float> network[3] = {channels[0].view(), channels[1].view(),
                                         channels[2].view()};
  const auto mixed = [&](int p, int x, int y) {
    double sum = kMatrix.offset[p];
    for (int c = 0; c < 3; ++c)
      sum += kMatrix.weight[p][c] * std::clamp(channels[c].at(x, y), 0.0, 1.0);
    return sum;
  };
  Fixed luma(kWidth - 1, kHeight - 2), u(23, 5), v(23, 5);  // chroma ends a row and column beyond
  subtract_from_rgb_luma(network, kMatrix, 1, 2, luma.view());
  expect(are(luma, 0, 1000, [&](int x, int y) { return mixed(0, x + 1, y + 2); }), "luma of RGB");
  const Plane<int16_t> out[2] = {u.view(), v.view()};
  subtract_from_rgb_chroma(network, kMatrix, 0, 0, out);
  for (int p = 1; p < 3; ++p)
    expect(are(p == 1 ? u : v, 0, 1000,
               [&](int x, int y) {
                 return (mixed(p, 2 * x, 2 * y) + mixed(p, 2 * x + 1, 2 * y) +
                         mixed(p, 2 * x, 2 * y + 1) + mixed(p, 2 * x + 1, 2 * y + 1)) / 4;
               }),
           "chroma of RGB");
}

void extremes_have_values() {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{std::nanf(""), infinity, -infinity, 1e30f, -1e30f};
  const Plane<const float> network{values.data(), 5, 5, 1};
  Fixed detail(5, 1), picture(5, 1);
  take_detail(network, 0, 0, 1.f, detail.view());
  const int16_t most = 255 * kOne;
  expect(detail.values == std::vector<int16_t>{static_cast<int16_t>(-most), most,
                                               static_cast<int16_t>(-most), most,
                                               static_cast<int16_t>(-most)},
         "detail that is no number or too large");
  std::fill(picture.values.begin(), picture.values.end(), int16_t{0});
  subtract_from_luma(network, 0, 0, 1.f, 0.f, picture.view());
  expect(picture.values == std::vector<int16_t>{0, most, 0, most, 0},
         "luma that is no number or too large");
}

}  // namespace

int main() {
  luma_is_as_defined();
  rgb_is_as_defined();
  extremes_have_values();
  return failures > 0;
}

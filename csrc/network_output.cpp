#include "network_output.h"

#include <algorithm>
#include <vector>

#include "row_kernels.h"
#include "simd.h"

namespace palantir {

namespace {

constexpr float kWhite = 255.f, kGreatest = kWhite * kOne;

inline float within(float value, float low, float high) {
  value = value > low ? value : low;
  return value < high ? value : high;
}

// Of a value within +-kGreatest, where adding so much leaves no fraction.
inline int16_t nearest(float value) {
  constexpr float kWhole = 12582912.f;  // 1.5 * 2^23
  return static_cast<int16_t>(static_cast<int>((value + kWhole) - kWhole));
}

inline int16_t fixed(float grey) { return nearest(within(grey * kOne, 0.f, kGreatest)); }

PALANTIR_CLONES
void take_row(const float* in, float gain, int width, int16_t* out) {
  for (int x = 0; x < width; ++x)
    out[x] = nearest(within(in[x] * kWhite / gain * kOne, -kGreatest, kGreatest));
}

PALANTIR_CLONES
void subtract_row(const float* in, float gain, float offset, int width, int16_t* out) {
  for (int x = 0; x < width; ++x)
    out[x] = static_cast<int16_t>(fixed((in[x] * kWhite - offset) / gain) - out[x]);
}

inline float mixed(const float* weight, float offset, float red, float green, float blue) {
  return within(red, 0.f, 1.f) * weight[0] + weight[1] * within(green, 0.f, 1.f) +
         weight[2] * within(blue, 0.f, 1.f) + offset;
}

PALANTIR_CLONES
void subtract_mixed_row(const float* red, const float* green, const float* blue,
                        const float* weight, float offset, int width, int16_t* out) {
  const float weights[3] = {weight[0], weight[1], weight[2]};
  for (int x = 0; x < width; ++x)
    out[x] =
        static_cast<int16_t>(fixed(mixed(weights, offset, red[x], green[x], blue[x])) - out[x]);
}

PALANTIR_CLONES
void mix_row(const float* red, const float* green, const float* blue, const float* weight,
             float offset, int width, float* out) {
  const float weights[3] = {weight[0], weight[1], weight[2]};
  for (int x = 0; x < width; ++x) out[x] = mixed(weights, offset, red[x], green[x], blue[x]);
}

PALANTIR_CLONES
void subtract_means_row(const float* row, const float* below, int width, int16_t* out) {
  for (int x = 0; x < width; ++x) {
    const float sum = row[2 * x] + row[2 * x + 1] + below[2 * x] + below[2 * x + 1];
    out[x] = static_cast<int16_t>(fixed(0.25f * sum) - out[x]);
  }
}

}  // namespace

void take_detail(const Plane<const float>& network, int x, int y, float gain,
                 const Plane<int16_t>& out) {
  for (int i = 0; i < out.height; ++i)
    take_row(network.row(y + i) + x, gain, out.width, out.row(i));
}

void subtract_from_luma(const Plane<const float>& network, int x, int y, float gain, float offset,
                        const Plane<int16_t>& out) {
  for (int i = 0; i < out.height; ++i)
    subtract_row(network.row(y + i) + x, gain, offset, out.width, out.row(i));
}

void subtract_from_rgb_luma(const Plane<const float> (&network)[3], const ColourMatrix& matrix,
                            int x, int y, const Plane<int16_t>& out) {
  const auto& [red, green, blue] = network;
  for (int i = 0; i < out.height; ++i)
    subtract_mixed_row(red.row(y + i) + x, green.row(y + i) + x, blue.row(y + i) + x,
                       matrix.weight[0], matrix.offset[0], out.width, out.row(i));
}

void subtract_from_rgb_chroma(const Plane<const float> (&network)[3], const ColourMatrix& matrix,
                              int x, int y, const Plane<int16_t> (&out)[2]) {
  const auto& [red, green, blue] = network;
  const int width = 2 * out[0].width, there = std::min(width, red.width - x);
  std::vector<float> rows(2 * static_cast<size_t>(width));
  float* const pair[2] = {rows.data(), rows.data() + width};
  for (int i = 0; i < out[0].height; ++i)
    for (int p = 1; p < kPlanes; ++p) {
      for (int k = 0; k < 2; ++k) {
        const int at = std::min(y + 2 * i + k, red.height - 1);
        mix_row(red.row(at) + x, green.row(at) + x, blue.row(at) + x, matrix.weight[p],
                matrix.offset[p], there, pair[k]);
        std::fill(pair[k] + there, pair[k] + width, pair[k][there - 1]);
      }
      subtract_means_row(pair[0], pair[1], out[p - 1].width, out[p - 1].row(i));
    }
}

}  // namespace palantir

#include "resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "simd.h"

namespace palantir {

namespace {

constexpr int kTaps = 4;
constexpr int kWeightBits = 11;  // tap sums stay below 2^31 through both passes
constexpr int kMargin = 2;       // replicated samples at both ends of a row

struct Phase {
  int first;  // of the taps, relative to the output's own input pixel
  std::array<int16_t, kTaps> weight;
};

double cubic(double x) {
  constexpr double a = -0.75;
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::fabs(x)); }

Phase make_phase(int index, int scale, Kernel kernel) {
  const double centre = (index + 0.5) / scale - 0.5;
  Phase phase{static_cast<int>(std::floor(centre)) - 1, {}};
  int sum = 0;
  for (int tap = 0; tap < kTaps; ++tap) {
    const double distance = centre - (phase.first + tap);
    const double weight = kernel == Kernel::kBicubic ? cubic(distance) : triangle(distance);
    phase.weight[tap] = static_cast<int16_t>(std::lround(weight * (1 << kWeightBits)));
    sum += phase.weight[tap];
  }
  *std::max_element(phase.weight.begin(), phase.weight.end()) +=
      static_cast<int16_t>((1 << kWeightBits) - sum);
  return phase;
}

// One output row at input width, with kMargin replicated samples on both sides.
PALANTIR_CLONES
void blend_rows(const uint8_t* const* rows, const int16_t* weight, int width, int16_t* out) {
  constexpr int shift = kWeightBits - kFractionBits;
  const int w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
  const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  int16_t* body = out + kMargin;
  for (int x = 0; x < width; ++x)
    body[x] = static_cast<int16_t>(
        (w0 * r0[x] + w1 * r1[x] + w2 * r2[x] + w3 * r3[x] + (1 << (shift - 1))) >> shift);
  for (int i = 0; i < kMargin; ++i) {
    out[i] = body[0];
    body[width + i] = body[width - 1];
  }
}

// Every `step`-th pixel of the output row, for one phase.
template <int step>
inline void stretch(const int16_t* in, const Phase& phase, int width, int16_t* out) {
  const int w0 = phase.weight[0], w1 = phase.weight[1], w2 = phase.weight[2],
            w3 = phase.weight[3];
  const int16_t* from = in + kMargin + phase.first;
  for (int x = 0; x < width; ++x)
    out[x * step] = static_cast<int16_t>((w0 * from[x] + w1 * from[x + 1] + w2 * from[x + 2] +
                                          w3 * from[x + 3] + (1 << (kWeightBits - 1))) >>
                                         kWeightBits);
}

PALANTIR_CLONES
void stretch_row(const int16_t* in, const Phase* phases, int scale, int width, int16_t* out) {
  for (int i = 0; i < scale; ++i) {
    switch (scale) {
      case 1: stretch<1>(in, phases[i], width, out + i); break;
      case 2: stretch<2>(in, phases[i], width, out + i); break;
      case 3: stretch<3>(in, phases[i], width, out + i); break;
      default: stretch<4>(in, phases[i], width, out + i); break;
    }
  }
}

PALANTIR_CLONES
void compose_row(const int16_t* base, const int16_t* detail, int width, uint8_t* out) {
  if (detail) {
    for (int x = 0; x < width; ++x)
      out[x] = static_cast<uint8_t>(
          std::clamp((base[x] + detail[x] + kOne / 2) >> kFractionBits, 0, 255));
  } else {
    for (int x = 0; x < width; ++x)
      out[x] =
          static_cast<uint8_t>(std::clamp((base[x] + kOne / 2) >> kFractionBits, 0, 255));
  }
}

}  // namespace

void upscale(const Plane<const uint8_t>& in, int scale, Kernel kernel, const Plane<int16_t>& out) {
  std::array<Phase, kMaxScale> phases;
  for (int i = 0; i < scale; ++i) phases[i] = make_phase(i, scale, kernel);
  std::vector<int16_t> blended(in.width + 2 * kMargin + 1);
  for (int y = 0; y < out.height; ++y) {
    const Phase& phase = phases[y % scale];
    const uint8_t* rows[kTaps];
    for (int tap = 0; tap < kTaps; ++tap)
      rows[tap] = in.row(std::clamp(y / scale + phase.first + tap, 0, in.height - 1));
    blend_rows(rows, phase.weight.data(), in.width, blended.data());
    stretch_row(blended.data(), phases.data(), scale, in.width, out.row(y));
  }
}

void compose(const Plane<const int16_t>& base, const Plane<const int16_t>& detail,
             const Plane<uint8_t>& out) {
  for (int y = 0; y < out.height; ++y)
    compose_row(base.row(y), detail.data ? detail.row(y) : nullptr, out.width, out.row(y));
}

}  // namespace palantir

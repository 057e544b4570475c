#include "resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "simd.h"

namespace palantir {

namespace {

double cubic(double x) {
  constexpr double a = -0.75;
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::fabs(x)); }

// Fitted (palantir/train/upscaler.py), in 1/2048, of the phases up to the middle of an LR sample;
// the others mirror them. The greatest sample they can make is 32540, of x4.
constexpr int16_t kSharpTaps[kMaxScale + 1][2][kTaps] = {
    {},
    {{0, 0, 1 << kWeightBits, 0, 0, 0}},
    {{45, -142, 452, 2021, -464, 136}},
    {{67, -222, 717, 1830, -489, 145}, {80, -221, 2330, -221, 80, 0}},
    {{80, -267, 854, 1718, -479, 142}, {-5, 17, 57, 2260, -407, 126}}};

void set_sharp_phase(int index, int16_t* weights, int scale) {
  const int mirrored = scale - 1 - index;
  for (int tap = 0; tap < kTaps; ++tap)
    weights[tap] = index <= mirrored ? kSharpTaps[scale][index][tap]
                                     : kSharpTaps[scale][mirrored][kTaps - 1 - tap];
}

void set_phase(int index, Kernel kernel, Phases& phases) {
  const double centre = (index + 0.5) / phases.scale - 0.5;
  phases.first[index] = static_cast<int>(std::floor(centre)) + 1 - phases.taps / 2;
  int16_t* weights = phases.weight[index];
  if (kernel == Kernel::kSharp) return set_sharp_phase(index, weights, phases.scale);
  int sum = 0;
  for (int tap = 0; tap < phases.taps; ++tap) {
    const double distance = centre - (phases.first[index] + tap);
    const double weight = kernel == Kernel::kBicubic ? cubic(distance) : triangle(distance);
    weights[tap] = static_cast<int16_t>(std::lround(weight * (1 << kWeightBits)));
    sum += weights[tap];
  }
  *std::max_element(weights, weights + kTaps) += static_cast<int16_t>((1 << kWeightBits) - sum);
}

// SR row `y` at input width, with kMargin replicated samples on both sides; `room` has kSlack more.
// The sample at -kMargin and those that follow can be read.
const int16_t* blend_row(const Plane<const uint8_t>& in, const Phases& phases, int y,
                         std::vector<int16_t>& room) {
  const int i = y % phases.scale;
  const uint8_t* rows[kTaps];
  for (int tap = 0; tap < kTaps; ++tap)
    rows[tap] = in.row(std::clamp(y / phases.scale + phases.first[i] + tap, 0, in.height - 1));
  room.resize(in.width + 2 * kMargin + kSlack);
  int16_t* body = room.data() + kMargin;
  row_kernels().blend(rows, phases.weight[i], in.width, body);
  for (int j = 1; j <= kMargin; ++j) {
    body[-j] = body[0];
    body[in.width - 1 + j] = body[in.width - 1];
  }
  return body;
}

// Every `step`-th pixel of the output row, for one phase.
template <int step>
inline void stretch(const int16_t* in, const Phases& phases, int phase, int width, int16_t* out) {
  const int16_t* weight = phases.weight[phase];
  const int w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3], w4 = weight[4],
            w5 = weight[5];
  const int16_t* from = in + phases.first[phase];
  for (int x = 0; x < width; ++x) {
    const int sum = w0 * from[x] + w1 * from[x + 1] + w2 * from[x + 2] + w3 * from[x + 3] +
                    w4 * from[x + 4] + w5 * from[x + 5];
    out[x * step + phase] =
        static_cast<int16_t>((sum + (1 << (kWeightBits - 1))) >> kWeightBits);
  }
}

PALANTIR_CLONES
void stretch_row(const int16_t* in, const Phases& phases, int width, int16_t* out) {
  for (int i = 0; i < phases.scale; ++i) {
    switch (phases.scale) {
      case 1: stretch<1>(in, phases, i, width, out); break;
      case 2: stretch<2>(in, phases, i, width, out); break;
      case 3: stretch<3>(in, phases, i, width, out); break;
      default: stretch<4>(in, phases, i, width, out); break;
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

std::array<Phases, 3 * kMaxScale> make_phases() {
  std::array<Phases, 3 * kMaxScale> all{};
  for (const Kernel kernel : {Kernel::kBilinear, Kernel::kBicubic, Kernel::kSharp})
    for (int scale = 1; scale <= kMaxScale; ++scale) {
      Phases& phases = all[kMaxScale * static_cast<int>(kernel) + scale - 1];
      phases.scale = scale;
      phases.taps = kernel == Kernel::kSharp ? kTaps : 4;
      for (int i = 0; i < scale; ++i) set_phase(i, kernel, phases);
    }
  return all;
}

// U is the identity.
void add_row(const uint8_t* in, const int16_t* detail, const int16_t* weight, int width,
             uint8_t* out) {
  for (int x = 0; x < width; ++x)
    out[x] = static_cast<uint8_t>(std::clamp(
        in[x] + ((weighted(detail[x], weight[x]) + kOne / 2) >> kFractionBits), 0, 255));
}

}  // namespace

const Phases& phases_of(Kernel kernel, int scale) {
  static const auto all = make_phases();
  return all[kMaxScale * static_cast<int>(kernel) + scale - 1];
}

void upscale(const Plane<const uint8_t>& in, int scale, Kernel kernel, const Plane<int16_t>& out) {
  const Phases& phases = phases_of(kernel, scale);
  std::vector<int16_t> room;
  for (int y = 0; y < out.height; ++y)
    stretch_row(blend_row(in, phases, y, room), phases, in.width, out.row(y));
}

void upscale_area(const Plane<const uint8_t>& in, int scale, Kernel kernel, int x, int y,
                  const Plane<int16_t>& out) {
  const int left = std::max(x - kMargin, 0), top = std::max(y - kMargin, 0);
  const int right = std::min(x + out.width / scale + kMargin, in.width);
  const int bottom = std::min(y + out.height / scale + kMargin, in.height);
  const Plane<const uint8_t> part{in.row(top) + left, in.stride, right - left, bottom - top};
  const Phases& phases = phases_of(kernel, scale);
  std::vector<int16_t> room;
  std::vector<int16_t> row(static_cast<size_t>(part.width) * scale);
  for (int j = 0; j < out.height; ++j) {
    stretch_row(blend_row(part, phases, (y - top) * scale + j, room), phases, part.width,
                row.data());
    std::copy_n(row.data() + (x - left) * scale, out.width, out.row(j));
  }
}

Enlarger::Enlarger(const Plane<const uint8_t>& in, int scale, const FilterBank* bank)
    : in_(in),
      sharp_(row_kernels().plan(phases_of(Kernel::kSharp, scale))),
      bicubic_(row_kernels().plan(phases_of(Kernel::kBicubic, scale))) {
  if (bank) filtered_.emplace(in, *bank);
}

void Enlarger::row(int y, uint8_t* out) {
  if (filtered_)
    compose_row(filtered_->row(y), nullptr, in_.width * sharp_.phases.scale, out);
  else if (sharp_.phases.scale == 1)
    std::copy_n(in_.row(y), in_.width, out);
  else
    row_kernels().stretch({blend_row(in_, sharp_.phases, y, sharp_row_), sharp_}, in_.width, out);
}

void Enlarger::row(int y, const int16_t* detail, const int16_t* weight, uint8_t* out) {
  if (sharp_.phases.scale == 1)
    add_row(in_.row(y), detail, weight, in_.width, out);
  else if (filtered_)
    row_kernels().mix_over(filtered_->row(y),
                           {blend_row(in_, bicubic_.phases, y, bicubic_row_), bicubic_}, in_.width,
                           detail, weight, out);
  else
    row_kernels().mix({blend_row(in_, sharp_.phases, y, sharp_row_), sharp_},
                      {blend_row(in_, bicubic_.phases, y, bicubic_row_), bicubic_}, in_.width,
                      detail, weight, out);
}

void compose(const Plane<const int16_t>& base, const Plane<const int16_t>& detail,
             const Plane<uint8_t>& out) {
  for (int y = 0; y < out.height; ++y)
    compose_row(base.row(y), detail.data ? detail.row(y) : nullptr, out.width, out.row(y));
}

}  // namespace palantir

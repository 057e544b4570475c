#include <algorithm>

#include "motion.h"
#include "reuse.h"
#include "simd.h"

namespace palantir {

namespace {

using Signal = int16_t[kMaxBlock][kMaxBlock];

// Bilinear weights at these scales are whole multiples of 1 / (2 * scale).
struct Tap {
  int near, far;                // input samples, already clamped to the block
  int near_weight, far_weight;  // sum to 2 * scale
};

Tap tap_at(int position, int scale, int length) {
  const int numerator = 2 * position + 1 - scale;  // of the centre, in 1 / (2 * scale)
  const int floor = numerator < 0 ? -1 : numerator / (2 * scale);
  const int fraction = numerator - floor * 2 * scale;
  return {std::clamp(floor, 0, length - 1), std::clamp(floor + 1, 0, length - 1),
          2 * scale - fraction, fraction};
}

PALANTIR_CLONES
void blend(const int16_t* a, const int16_t* b, int weight_a, int weight_b, int width,
           int32_t* out) {
  for (int x = 0; x < width; ++x) out[x] = weight_a * a[x] + weight_b * b[x];
}

// sr = signal upscaled, added to what is there where `base` is set.
void add_upscaled(const Signal& signal, const Area& area, int scale, bool base,
                  const Plane<uint8_t>& sr) {
  const int unit = 4 * scale * scale;
  Tap across[kMaxSide];
  for (int x = 0; x < area.width * scale; ++x) across[x] = tap_at(x, scale, area.width);
  int32_t row[kMaxBlock];
  for (int y = 0; y < area.height * scale; ++y) {
    const Tap down = tap_at(y, scale, area.height);
    blend(signal[down.near], signal[down.far], down.near_weight, down.far_weight, area.width,
          row);
    uint8_t* out = sr.row(area.y * scale + y) + area.x * scale;
    for (int x = 0; x < area.width * scale; ++x) {
      const Tap& tap = across[x];
      const int sum = tap.near_weight * row[tap.near] + tap.far_weight * row[tap.far];
      // Floor of (sum + unit / 2) / unit, also for a negative residual.
      const int value = (sum + unit / 2 + 512 * unit) / unit - 512;
      out[x] = static_cast<uint8_t>(std::clamp((base ? out[x] : 0) + value, 0, 255));
    }
  }
}

void load(const CodedFrame& frame, int p, const Area& area, bool residual, Signal& signal) {
  const auto whole = frame.reconstruction.plane<const uint8_t>(p);
  const auto predicted = frame.prediction.plane<const uint8_t>(p);
  for (int y = 0; y < area.height; ++y) {
    const uint8_t* a = whole.row(area.y + y) + area.x;
    const uint8_t* b = predicted.row(area.y + y) + area.x;
    for (int x = 0; x < area.width; ++x)
      signal[y][x] = static_cast<int16_t>(residual ? a[x] - b[x] : a[x]);
  }
}

bool is_reusable(const Block& block, const References<uint8_t>& references) {
  if (!block.inter || !block.usable) return false;
  for (int r = 0; r < block.inter; ++r)
    if (!references.count(block.reference[r])) return false;
  return true;
}

PALANTIR_CLONES
void average(uint8_t* out, const uint8_t* other, int width) {
  for (int x = 0; x < width; ++x) out[x] = static_cast<uint8_t>((out[x] + other[x] + 1) >> 1);
}

void predict(const CodedFrame& frame, const Block& block, int p, int scale,
             const References<uint8_t>& references, const Plane<uint8_t>& sr) {
  thread_local uint8_t second[kMaxSide * kMaxSide];
  for (int r = 0; r < block.inter; ++r) {
    const auto& reference = references.at(block.reference[r])[p];
    for_each_part(frame, block, r, p, scale, [&](const MotionPart& part) {
      uint8_t* target = sr.row(part.y) + part.x;
      if (r == 0) return compensate(reference, part, block.filter, target, sr.stride);
      compensate(reference, part, block.filter, second, kMaxSide);
      for (int y = 0; y < part.height; ++y)
        average(target + y * sr.stride, second + y * kMaxSide, part.width);
    });
  }
}

}  // namespace

void reuse_paper(const CodedFrame& frame, const References<uint8_t>& references, int scale,
                 const Planes<uint8_t>& sr) {
  thread_local Signal signal;
  for (const Block& block : frame.blocks) {
    const bool reusable = is_reusable(block, references);
    for (int p = 0; p < kPlanes; ++p) {
      const Area area = area_of(frame, block, p);
      if (area.empty()) continue;
      if (reusable) predict(frame, block, p, scale, references, sr[p]);
      if (reusable && block.skip) continue;
      load(frame, p, area, reusable, signal);
      add_upscaled(signal, area, scale, reusable, sr[p]);
    }
  }
}

}  // namespace palantir

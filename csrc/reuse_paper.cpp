#include <algorithm>
#include <utility>

#include "motion.h"
#include "parallel.h"
#include "reuse.h"
#include "simd.h"

namespace palantir {

namespace {

using Signal = int16_t[kMaxBlock][kMaxBlock];

// Where a phase of the output finds its two taps. Bilinear weights at these scales are whole
// multiples of 1 / (2 * scale).
struct Phase {
  int near;                     // -1 or 0: relative to the phase's own input sample
  int near_weight, far_weight;  // sum to 2 * scale; the far sample follows the near one
};

constexpr Phase phase_of(int index, int scale) {
  const int numerator = 2 * index + 1 - scale;  // of the centre, in 1 / (2 * scale)
  const int near = numerator < 0 ? -1 : 0;
  const int fraction = numerator - near * 2 * scale;
  return {near, 2 * scale - fraction, fraction};
}

// sum / (4 * scale^2), to the nearest, halves up; below 512 grey levels in size.
template <int scale>
inline int16_t whole(int16_t sum) {
  constexpr int unit = 4 * scale * scale;
  if constexpr (scale == 3) return static_cast<int16_t>((sum + unit / 2 + 512 * unit) / unit - 512);
  constexpr int shift = scale == 1 ? 2 : scale == 2 ? 4 : 6;
  return static_cast<int16_t>(static_cast<int16_t>(sum + unit / 2) >> shift);
}

// The sample of one phase at `from`, which counts 1 / (2 * scale), added to `below`. In 16 bits: no
// sum is above 64 * 255.
template <int scale, int index>
inline uint8_t stretched(const int16_t* from, int16_t below) {
  constexpr Phase phase = phase_of(index, scale);
  const auto sum = static_cast<int16_t>(phase.near_weight * from[phase.near] +
                                        phase.far_weight * from[phase.near + 1]);
  const auto value = static_cast<int16_t>(below + whole<scale>(sum));
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

// SR samples of one row, which has a sample more at both ends, added to what is there if `base`.
template <bool base, int... index>
inline void add_stretched(const int16_t* __restrict row, int width,
                          std::integer_sequence<int, index...>, uint8_t* __restrict out) {
  constexpr int scale = sizeof...(index);
  for (int x = 0; x < width; ++x, out += scale)
    ((out[index] = stretched<scale, index>(row + x, base ? out[index] : int16_t{0})), ...);
}

template <int scale>
inline void add_stretched(const int16_t* row, int width, bool base, uint8_t* out) {
  const std::make_integer_sequence<int, scale> phases;
  return base ? add_stretched<true>(row, width, phases, out)
              : add_stretched<false>(row, width, phases, out);
}

PALANTIR_CLONES
void add_row(const int16_t* a, const int16_t* b, const Phase& down, int width, int scale,
             bool base, uint8_t* out) {
  int16_t room[kMaxBlock + 2], *row = room + 1;
  const int near = down.near_weight, far = down.far_weight;
  for (int x = 0; x < width; ++x) row[x] = static_cast<int16_t>(near * a[x] + far * b[x]);
  row[-1] = row[0];
  row[width] = row[width - 1];
  switch (scale) {
    case 1: return add_stretched<1>(row, width, base, out);
    case 2: return add_stretched<2>(row, width, base, out);
    case 3: return add_stretched<3>(row, width, base, out);
    default: return add_stretched<4>(row, width, base, out);
  }
}

// sr = signal upscaled, added to what is there where `base` is set.
void add_upscaled(const Signal& signal, const Area& area, int scale, bool base,
                  const Plane<uint8_t>& sr) {
  for (int y = 0; y < area.height * scale; ++y) {
    const Phase down = phase_of(y % scale, scale);
    const int near = y / scale + down.near;
    add_row(signal[std::max(near, 0)], signal[std::min(near + 1, area.height - 1)], down,
            area.width, scale, base, sr.row(area.y * scale + y) + area.x * scale);
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

void reuse_block(const CodedFrame& frame, const Block& block,
                 const References<uint8_t>& references, int scale, const Planes<uint8_t>& sr) {
  thread_local Signal signal;
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

}  // namespace

void reuse_paper(const CodedFrame& frame, const References<uint8_t>& references, int scale,
                 const Planes<uint8_t>& sr, const Threads& threads) {
  // Blocks read other frames, and write areas of their own.
  constexpr int kTogether = 64;
  const auto blocks = static_cast<int>(frame.blocks.size());
  const int step = threads.most() > 1 ? kTogether : std::max(blocks, 1);
  parallel_rows(threads, blocks, step, [&](int begin, int end) {
    for (int i = begin; i < end; ++i)
      reuse_block(frame, frame.blocks[i], references, scale, sr);
  });
}

}  // namespace palantir

#include "filter_bank.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "simd.h"

namespace palantir {

namespace {

constexpr int kSide = 2 * kFilterReach + 1;

constexpr std::array<FilterOffset, kFilterTaps> make_offsets() {
  std::array<FilterOffset, kFilterTaps> offsets{};
  int count = 0;
  for (int down = -kFilterReach; down <= kFilterReach; ++down)
    for (int across = -kFilterReach; across <= kFilterReach; ++across) {
      const int steps = (down < 0 ? -down : down) + (across < 0 ? -across : across);
      if (steps > 0 && steps <= kFilterReach) offsets[count++] = {down, across};
    }
  return offsets;
}

PALANTIR_CLONES
void multiply_gradients(const uint8_t* above, const uint8_t* row, const uint8_t* below, int begin,
                        int end, int32_t* __restrict across, int32_t* __restrict both,
                        int32_t* __restrict down) {
  for (int x = begin; x < end; ++x) {
    const int gx = row[x + 1] - row[x - 1], gy = below[x] - above[x];
    across[x] = gx * gx;
    both[x] = gx * gy;
    down[x] = gy * gy;
  }
}

PALANTIR_CLONES
void add_three(const int32_t* a, const int32_t* b, const int32_t* c, int count,
               int32_t* __restrict sum) {
  for (int i = 0; i < count; ++i) sum[i] = a[i] + b[i] + c[i];
}

// From sums over three rows, the pixel at x at x + 1.
PALANTIR_CLONES
void classify(const int32_t* across, const int32_t* both, const int32_t* down, int width,
              uint8_t* __restrict classes) {
  for (std::ptrdiff_t x = 0; x < width; ++x) {
    const int a = across[x] + across[x + 1] + across[x + 2];
    const int c = down[x] + down[x + 1] + down[x + 2];
    const int v = 2 * (both[x] + both[x + 1] + both[x + 2]);
    const int t = a + c, u = a - c;
    const int size_u = std::abs(u), size_v = std::abs(v);
    // Eight times about the root of u^2 + v^2, which is t where all gradients agree.
    const int d = 8 * std::max(size_u, size_v) + 3 * std::min(size_u, size_v);
    const int energy = 8 * t + d;  // of the strongest direction, 16 times
    const int octant = 4 * (u < 0) + 2 * (v < 0) + (size_u < size_v);
    // A gradient of 2, 4, 8, ... grey levels over two pixels, throughout the 9 pixels.
    const int strength = (energy >= 576 * 4) + (energy >= 576 * 16) + (energy >= 576 * 64) +
                         (energy >= 576 * 256) + (energy >= 576 * 1024) + (energy >= 576 * 4096);
    classes[x] = static_cast<uint8_t>((octant * kStrengths + strength) * 2 + (d >= 5 * t));
  }
}

PALANTIR_CLONES
void subtract_centre(const uint8_t* first, const uint8_t* second, const uint8_t* centre, int width,
                     int16_t* __restrict out) {
  for (std::ptrdiff_t x = 0; x < width; ++x) {
    out[2 * x] = static_cast<int16_t>(first[x] - centre[x]);
    out[2 * x + 1] = static_cast<int16_t>(second[x] - centre[x]);
  }
}

}  // namespace

constexpr std::array<FilterOffset, kFilterTaps> kFilterOffsets = make_offsets();

FilterBank::FilterBank(const int16_t* weights, int scale)
    : scale_(scale), weights_(static_cast<size_t>(kFilterClasses) * kFilterStride) {
  if (scale < 2 || scale > 4)
    throw std::invalid_argument("filters for x" + std::to_string(scale) +
                                "; x2, x3 and x4 are possible");
  for (int index = 0; index < kFilterClasses; ++index)
    for (int tap = 0; tap < kFilterTaps; ++tap)
      for (int row = 0; row < scale; ++row)
        for (int column = 0; column < scale; ++column) {
          const int16_t weight = *weights++;
          if (std::abs(weight) > kMaxFilterWeight)
            throw std::invalid_argument("a weight of " + std::to_string(weight) +
                                        " is beyond " + std::to_string(kMaxFilterWeight));
          weights_[filter_weight(index, tap, row, column)] = weight;
        }
}

Classifier::Classifier(const Plane<const uint8_t>& in) : in_(in) {
  for (auto& sum : sums_) sum.resize(in.width + 2);
}

const Classifier::Products& Classifier::products(int y) {
  Products& made = kept_[y % 3];
  if (made.row == y) return made;
  made.row = y;
  const int width = in_.width;
  const uint8_t *row = in_.row(y), *above = in_.row(std::max(y - 1, 0)),
                *below = in_.row(std::min(y + 1, in_.height - 1));
  for (auto* part : {&made.across, &made.both, &made.down}) part->resize(width + 2);
  int32_t *across = &made.across[1], *both = &made.both[1], *down = &made.down[1];
  multiply_gradients(above, row, below, 1, width - 1, across, both, down);
  for (const int x : {0, width - 1}) {
    const int gx = row[std::min(x + 1, width - 1)] - row[std::max(x - 1, 0)];
    const int gy = below[x] - above[x];
    across[x] = gx * gx;
    both[x] = gx * gy;
    down[x] = gy * gy;
  }
  for (auto* part : {across, both, down}) {
    part[-1] = part[0];
    part[width] = part[width - 1];
  }
  return made;
}

void Classifier::row(int y, uint8_t* classes) {
  const Products& above = products(std::max(y - 1, 0));
  const Products& same = products(y);
  const Products& below = products(std::min(y + 1, in_.height - 1));
  int i = 0;
  for (auto part : {&Products::across, &Products::both, &Products::down})
    add_three((above.*part).data(), (same.*part).data(), (below.*part).data(), in_.width + 2,
              sums_[i++].data());
  classify(sums_[0].data(), sums_[1].data(), sums_[2].data(), in_.width, classes);
}

FilteredRows::FilteredRows(const Plane<const uint8_t>& in, const FilterBank& bank)
    : in_(in), bank_(bank), classifier_(in), classes_(in.width),
      differences_(static_cast<size_t>(kFilterTaps) * in.width) {
  kept_.fill(-1);
  for (auto& row : rows_) row.resize(in.width + 2 * kFilterReach);
  for (auto& row : out_) row.resize(static_cast<size_t>(in.width) * bank.scale() + kSlack);
}

const int16_t* FilteredRows::row(int y) {
  if (y / bank_.scale() != made_) filter(made_ = y / bank_.scale());
  return out_[y % bank_.scale()].data();
}

// LR row `y`, or at the picture's edge that, with replicated pixels on both sides.
const uint8_t* FilteredRows::padded(int y) {
  y = std::clamp(y, 0, in_.height - 1);
  auto& row = rows_[y % kSide];
  if (kept_[y % kSide] != y) {
    kept_[y % kSide] = y;
    std::fill_n(row.begin(), kFilterReach, in_.row(y)[0]);
    std::copy_n(in_.row(y), in_.width, row.begin() + kFilterReach);
    std::fill_n(row.end() - kFilterReach, kFilterReach, in_.row(y)[in_.width - 1]);
  }
  return row.data() + kFilterReach;
}

void FilteredRows::filter(int y) {
  const uint8_t* rows[kSide];
  for (int j = 0; j < kSide; ++j) rows[j] = padded(y + j - kFilterReach);
  const auto tap = [&](int i) {
    return rows[kFilterOffsets[i].down + kFilterReach] + kFilterOffsets[i].across;
  };
  const int width = in_.width;
  for (int i = 0; i < kFilterTaps; i += 2)
    subtract_centre(tap(i), tap(i + 1), rows[kFilterReach], width,
                    &differences_[static_cast<size_t>(i) * width]);
  classifier_.row(y, classes_.data());
  int16_t* out[4];
  for (int i = 0; i < 4; ++i) out[i] = out_[i].data();
  row_kernels().filter({rows[kFilterReach], differences_.data(), classes_.data(), bank_.weights()},
                       width, bank_.scale(), out);
}

}  // namespace palantir

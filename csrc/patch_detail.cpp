#include "patch_detail.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "confidence.h"
#include "patch_parts.h"
#include "simd.h"

namespace palantir {

namespace {

constexpr int kMeanOf = 9;  // pixels
constexpr double kEnergyUnit = kMeanOf * kMeanOf;
constexpr double kShareUnit = 1 << kConfidenceBits;

PALANTIR_CLONES
void add_three(const uint8_t* above, const uint8_t* row, const uint8_t* below, int count,
               int16_t* __restrict out) {
  for (int x = 0; x < count; ++x) out[x] = static_cast<int16_t>(above[x] + row[x] + below[x]);
}

// kMeanOf times what pixels have over the mean about them, not 0. `columns` has a sum more at both
// ends, from which on it points.
PALANTIR_CLONES
void find_fine(const uint8_t* __restrict row, const int16_t* __restrict columns, int count,
               int16_t* __restrict out) {
  for (std::ptrdiff_t x = 0; x < count; ++x) {
    const int fine = kMeanOf * row[x] - columns[x] - columns[x + 1] - columns[x + 2];
    out[x] = static_cast<int16_t>(fine | (fine == 0));
  }
}

// Of spots, whose pixels are in two rows.
PALANTIR_CLONES
void sum_squares(const int16_t* __restrict row, const int16_t* __restrict below, int count,
                 int32_t* __restrict out) {
  for (std::ptrdiff_t x = 0; x < count; ++x)
    out[x] = row[2 * x] * row[2 * x] + row[2 * x + 1] * row[2 * x + 1] +
             below[2 * x] * below[2 * x] + below[2 * x + 1] * below[2 * x + 1];
}

// Energy of spots, summed over all spots of a band of rows above and to the left; and the same
// times the spots' confidence.
class BandSums {
 public:
  BandSums(const CodedFrame& frame, double fade)
      : confidence_(frame, fade), luma_(confidence_.luma()), width_(spots(luma_.width)),
        stride_(static_cast<size_t>(width_) + 1), columns_(luma_.width + 2),
        fine_{std::vector<int16_t>(2 * stride_), std::vector<int16_t>(2 * stride_)},
        spots_(width_), energy_(stride_ * (kRows + 1)), shared_(energy_.size()) {}

  static constexpr int kRows = kMaxBlock / kSpot;

  // The band from row `top` of spots on, below the one before: what is asked for now lies in it.
  void load(int top) {
    top_ = top;
    const int end = std::min(top + kRows, spots(luma_.height));
    for (int y = top; y < end; ++y) add_row(y);
  }

  int64_t energy(const Area& area) const { return sum(energy_, area); }
  int64_t shared(const Area& area) const { return sum(shared_, area); }  // in 1/kShareUnit

 private:
  void add_row(int y) {
    find_row(kSpot * y, fine_[0]);
    if (kSpot * y + 1 < luma_.height)
      find_row(kSpot * y + 1, fine_[1]);
    else
      std::fill(fine_[1].begin(), fine_[1].end(), int16_t{0});
    sum_squares(fine_[0].data(), fine_[1].data(), width_, spots_.data());
    const uint16_t* share = confidence_.row(y);
    const size_t above = stride_ * (y - top_), here = above + stride_;
    int64_t energy = 0, shared = 0;
    for (int x = 0; x < width_; ++x) {
      energy += spots_[x];
      shared += static_cast<int64_t>(spots_[x]) * share[x];
      energy_[here + x + 1] = energy_[above + x + 1] + energy;
      shared_[here + x + 1] = shared_[above + x + 1] + shared;
    }
  }

  void find_row(int y, std::vector<int16_t>& out) {
    const int width = luma_.width, last = luma_.height - 1;
    const uint8_t* row = luma_.row(y);
    add_three(luma_.row(std::max(y - 1, 0)), row, luma_.row(std::min(y + 1, last)), width,
              &columns_[1]);
    columns_[0] = columns_[1];
    columns_[width + 1] = columns_[width];
    find_fine(row, columns_.data(), width, out.data());
  }

  int64_t sum(const std::vector<int64_t>& sums, const Area& area) const {
    const int64_t* above = &sums[stride_ * (area.y - top_) + area.x];
    const int64_t* below = above + stride_ * area.height;
    return below[area.width] - below[0] - above[area.width] + above[0];
  }

  ConfidenceInPrediction confidence_;
  const Plane<const uint8_t> luma_;
  const int width_;  // in spots
  const size_t stride_;
  int top_ = 0;
  std::vector<int16_t> columns_;
  std::array<std::vector<int16_t>, 2> fine_;  // of a row of spots; 0 beyond the picture
  std::vector<int32_t> spots_;
  std::vector<int64_t> energy_, shared_;
};

struct DetailSums {
  DetailSums(const BandSums& band, int patches)
      : band(band), brought(patches), energy(patches, 0), missing(patches, 0) {}

  void whole(int patch, const Area& part, int references) {
    const int64_t all = band.energy(part);
    energy[patch] += all;
    missing[patch] += all << kConfidenceBits;
    if (references) missing[patch] -= band.shared(part);
  }
  void piece(int patch, int32_t reference, int32_t source, const Area& piece, int references) {
    brought.add(patch, reference, source, band.shared(piece) * (3 - references));
  }
  // A patch of one pixel may have no spot: it then counts as a pixel without fine detail.
  void fill_empty() {
    for (size_t patch = 0; patch < energy.size(); ++patch) {
      if (energy[patch]) continue;
      energy[patch] = 1;
      missing[patch] = 1 << kConfidenceBits;
    }
  }

  const BandSums& band;
  EdgeSums brought;  // in halves
  std::vector<int64_t> energy, missing;
};

std::vector<double> in_levels(const std::vector<int64_t>& sums, double unit) {
  std::vector<double> values(sums.size());
  std::transform(sums.begin(), sums.end(), values.begin(),
                 [unit](int64_t sum) { return static_cast<double>(sum) / unit; });
  return values;
}

}  // namespace

PatchDetail measure_detail(const CodedFrame& frame, const PatchGrid& grid, double fade) {
  PatchParts parts(frame, grid, kSpot / 2);  // cells are spots
  BandSums band(frame, fade);
  DetailSums sums(band, grid.count());
  int loaded = -1;
  for (const Block& block : frame.blocks) {  // in raster order
    const int top = block.y / kMaxBlock * BandSums::kRows;
    if (top != loaded) band.load(loaded = top);
    parts.cut(block, sums);
  }
  sums.fill_empty();
  return {in_levels(sums.energy, kEnergyUnit), in_levels(sums.missing, kEnergyUnit * kShareUnit),
          sums.brought.edges([](int) { return 2 * kEnergyUnit * kShareUnit; })};
}

}  // namespace palantir

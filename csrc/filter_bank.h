// A filter bank: the plain upscaler U of one video, linear filters that were fitted to it
// (palantir/train/filters.py). A pixel's class says which of them makes its SR pixels.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plane.h"
#include "row_kernels.h"

namespace palantir {

constexpr int kMaxFilterWeight = 8 << kFilterBits;  // more makes no upscaler
constexpr int kStrengths = 7;
constexpr int kFilterClasses = 8 * kStrengths * 2;
constexpr int kFilterReach = 3;  // LR pixels

struct FilterOffset {
  int down, across;  // LR pixels
};

// Where the taps are: the pixels within kFilterReach steps of one along either axis, in raster
// order, without the middle.
extern const std::array<FilterOffset, kFilterTaps> kFilterOffsets;

// Immutable; any thread may use it.
class FilterBank {
 public:
  // `weights` of [class][tap][scale][scale]; scale 2..4. Throws std::invalid_argument for another
  // scale and for a weight beyond kMaxFilterWeight.
  FilterBank(const int16_t* weights, int scale);

  int scale() const { return scale_; }
  const int16_t* weights() const { return weights_.data(); }  // as FilterRow has them

 private:
  int scale_;
  std::vector<int16_t> weights_;
};

// Which class each pixel of a plane belongs to, row by row, by the gradients in the 3x3 pixels
// about it: their direction, their strength, and whether they agree. Edges are replicated.
class Classifier {
 public:
  explicit Classifier(const Plane<const uint8_t>& in);

  void row(int y, uint8_t* classes);

 private:
  struct Products {  // of a row's gradients: of those across, both, and those down
    int row = -1;
    std::vector<int32_t> across, both, down;  // the pixel at x is at x + 1
  };
  const Products& products(int y);

  Plane<const uint8_t> in_;
  std::array<Products, 3> kept_;
  std::array<std::vector<int32_t>, 3> sums_;  // of three rows
};

// Rows of a plane upscaled by a bank, in 1/64 grey levels. One thread.
class FilteredRows {
 public:
  // Both outlive the object.
  FilteredRows(const Plane<const uint8_t>& in, const FilterBank& bank);

  // SR row `y`, valid until the next call, with kSlack readable samples after it. Quick for rows in
  // their order.
  const int16_t* row(int y);

 private:
  void filter(int y);
  const uint8_t* padded(int y);

  Plane<const uint8_t> in_;
  const FilterBank& bank_;
  Classifier classifier_;
  int made_ = -1;  // LR row
  std::array<std::vector<uint8_t>, 2 * kFilterReach + 1> rows_;
  std::array<int, 2 * kFilterReach + 1> kept_;  // which LR rows
  std::vector<uint8_t> classes_;
  std::vector<int16_t> differences_;
  std::array<std::vector<int16_t>, 4> out_;
};

}  // namespace palantir

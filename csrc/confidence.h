// Confidence that a spot still shows what its source shows at the displaced place (docs/method.md,
// detail reuse).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "buffer_pool.h"
#include "coded_frame.h"
#include "eight_bits.h"
#include "plane.h"
#include "row_kernels.h"

namespace palantir {

// Of a part of a luma plane the sums of 2x2 pixels, one at each pixel as the upper left of them;
// the plane's last column and row count twice. A sample more is readable to the right and below.
class PixelSums {
 public:
  // `part` lies in the plane and may be empty.
  PixelSums(BufferPool& pool, const Plane<const uint8_t>& luma, const Area& part);

  const Area& part() const { return part_; }
  // `y` from the part's top to the row below it; the part's first sum is at the begin.
  const uint16_t* row(int y) const {
    return reinterpret_cast<const uint16_t*>(bytes_.get()) + (y - part_.y) * stride();
  }
  SumsView view() const;  // of a part that is not empty

 private:
  std::ptrdiff_t stride() const { return part_.width + 1; }

  Area part_;
  BufferPool::Buffer bytes_;
};

// Sums of the sources of a map, by name (detail_map.h).
using SourceSums = std::vector<std::pair<uint16_t, const PixelSums*>>;

// Rows of spots of an 8-bit plane: their sums of 2x2 pixels, and how steep the plane is about them.
// Rows must not go back by more than two.
class SpotRows {
 public:
  explicit SpotRows(const Plane<const uint8_t>& luma);

  int width() const { return width_; }  // in spots
  int height() const { return height_; }
  // Of row `y`; valid until a row is asked for that is two further on.
  const uint16_t* sums(int y);
  const uint16_t* gradient(int y);  // smoothed, 1/2 grey level a pixel

 private:
  void sum_to(int y);
  void measure_gradient(int y);
  uint16_t* sums_at(int y) { return &sums_[y % kKept * stride_]; }
  uint16_t* steepness_at(int y) { return &steepness_[y % kKept * stride_]; }

  // Rows of each kind: a power of two that the three about one row fit in, and sums of one before.
  static constexpr int kKept = 4;

  const Plane<const uint8_t> luma_;
  const int width_, height_;
  const size_t stride_;
  std::vector<uint16_t> sums_, steepness_;  // the last rows, each with a spot more at both ends
  std::vector<uint16_t> column_sums_, smooth_;
  int summed_ = 0, measured_ = 0;  // rows that are done
};

// 256 * exp(-(miss / (fade + gradient))^2): `miss` is how far the means of a spot and of the place
// that it names are apart, `gradient` how steep the picture is about the spot. A place outside the
// part that a source has sums of is moved to its edge. 8-bit pictures only. One thread, but others
// may have objects of their own.
class Confidence {
 public:
  // `fade` in grey levels, above 0.
  Confidence(const CodedFrame& frame, const SourceSums& sources, double fade);

  // Of row `y` of spots; 0 where `row` has no confidence. All sources that it names are known. Rows
  // must not go back.
  void measure(int y, const MapRow& row, uint16_t* out);

 private:
  void find(int y, const MapRow& row);
  const PixelSums& source_named(uint16_t name) const;

  const SourceSums& sources_;
  SpotRows spots_;
  const float fade_;  // in 1/256 grey level
  std::vector<uint16_t> found_;
};

// The same of a frame's spots in its prediction, each times the mean of those about it, intra
// blocks' among them: 256 is full confidence. A picture of more than 8 bits is taken as one of 8.
class ConfidenceInPrediction {
 public:
  // The frame has its full trace.
  ConfidenceInPrediction(const CodedFrame& frame, double fade);

  const Plane<const uint8_t>& luma() const { return picture_.luma(); }  // in 8 bits
  // Of row `y` of spots, which is asked for after the row above it; valid until the next is.
  const uint16_t* row(int y);

 private:
  void measure(int y);
  uint16_t* own_at(int y) { return &own_[y % kKept * stride_]; }

  static constexpr int kKept = 4;  // rows: a power of two that the three about one row fit in

  const EightBits picture_, prediction_;
  SpotRows shown_, predicted_;
  const float fade_;
  const size_t stride_;
  std::vector<uint16_t> own_;  // the last rows by themselves, each with a spot more at both ends
  std::vector<uint16_t> found_, sums_, row_;
  const std::vector<uint16_t> alive_;
  int measured_ = 0;  // rows that are done
};

}  // namespace palantir

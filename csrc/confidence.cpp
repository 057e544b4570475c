#include "confidence.h"

#include <algorithm>
#include <cstring>

#include "simd.h"

namespace palantir {

namespace {

constexpr double kLeastFade = 1e-3, kMostFade = 1e9;  // in 1/256 grey level: finite shares
constexpr float kGradientUnit = 128.f;  // 1/2 grey level a pixel, in 1/256 grey level

PALANTIR_CLONES
void sum_pairs(const uint8_t* row, const uint8_t* below, int count, uint16_t* out) {
  for (int x = 0; x < count; ++x)
    out[x] = static_cast<uint16_t>(row[x] + row[x + 1] + below[x] + below[x + 1]);
}

// As one load; with `__restrict` and whole offsets the loop below becomes vectors.
inline int sum_pair(const uint8_t* pixels) {
  uint16_t both;
  std::memcpy(&both, pixels, sizeof both);
  return (both & 0xff) + (both >> 8);
}

PALANTIR_CLONES
void sum_spots(const uint8_t* __restrict row, const uint8_t* __restrict below, int count,
               uint16_t* __restrict out) {
  for (std::ptrdiff_t x = 0; x < count; ++x)
    out[x] = static_cast<uint16_t>(sum_pair(row + 2 * x) + sum_pair(below + 2 * x));
}

// Absolute differences across two spots, in both directions, as 1/2 grey level a pixel.
PALANTIR_CLONES
void add_differences(const uint16_t* left, const uint16_t* right, const uint16_t* above,
                     const uint16_t* below, int count, uint16_t* out) {
  for (int x = 0; x < count; ++x) {
    const int across = left[x] - right[x], down = above[x] - below[x];
    const int steepness = (across < 0 ? -across : across) + (down < 0 ? -down : down);
    out[x] = static_cast<uint16_t>((steepness + 4) >> 3);
  }
}

// Powers of 1 - x / 8, which come near to exp(-x) and are the same on all machines.
PALANTIR_CLONES
void trust(const uint16_t* sums, const uint16_t* found, const uint16_t* gradient,
           const uint16_t* alive, float fade, int count, uint16_t* __restrict out) {
  for (int x = 0; x < count; ++x) {
    const int miss = 64 * sums[x] - found[x];
    const float tolerance = fade + kGradientUnit * static_cast<float>(gradient[x]);
    const float share = static_cast<float>(miss) / tolerance;
    float base = 1.f - share * share * 0.125f;
    base = base > 0.f ? base : 0.f;
    const float square = base * base, fourth = square * square;
    const int value = static_cast<int>(fourth * fourth * (1 << kConfidenceBits) + 0.5f);
    out[x] = static_cast<uint16_t>(alive[x] ? value : 0);
  }
}

PALANTIR_CLONES
void scale_by_64(const uint16_t* in, int count, uint16_t* __restrict out) {
  for (int x = 0; x < count; ++x) out[x] = static_cast<uint16_t>(64 * in[x]);
}

PALANTIR_CLONES
void multiply(const uint16_t* own, const uint16_t* mean, int count, uint16_t* out) {
  for (int x = 0; x < count; ++x)
    out[x] = static_cast<uint16_t>(uint32_t{own[x]} * mean[x] >> kConfidenceBits);
}

float in_units(double fade) {
  return static_cast<float>(std::clamp(256 * fade, kLeastFade, kMostFade));
}

}  // namespace

PixelSums::PixelSums(BufferPool& pool, const Plane<const uint8_t>& luma, const Area& part)
    : part_(part) {
  if (part.empty()) return;
  bytes_ = pool.take(static_cast<size_t>(stride()) * (part.height + 1) * sizeof(uint16_t));
  auto* out = reinterpret_cast<uint16_t*>(bytes_.get());
  const int last = luma.height - 1, pairs = std::min(part.width + 1, luma.width - 1 - part.x);
  for (int y = part.y; y <= part.y + part.height; ++y, out += stride()) {
    const uint8_t *row = luma.row(std::min(y, last)) + part.x,
                  *below = luma.row(std::min(y + 1, last)) + part.x;
    sum_pairs(row, below, pairs, out);
    std::fill(out + pairs, out + stride(), static_cast<uint16_t>(2 * (row[pairs] + below[pairs])));
  }
}

SumsView PixelSums::view() const {
  constexpr int unit = 8;  // a displacement counts 1/8 pixel
  return {row(part_.y), static_cast<int>(stride()), unit * part_.x, unit * part_.y,
          unit * (part_.x + part_.width - 1), unit * (part_.y + part_.height - 1)};
}

SpotRows::SpotRows(const Plane<const uint8_t>& luma)
    : luma_(luma), width_(spots(luma.width)), height_(spots(luma.height)),
      stride_(static_cast<size_t>(width_) + 2), sums_(kKept * stride_),
      steepness_(kKept * stride_), column_sums_(stride_), smooth_(stride_) {}

void SpotRows::sum_to(int y) {
  for (; summed_ <= y; ++summed_) {
    const int top = kSpot * summed_;
    uint16_t* out = sums_at(summed_);
    const uint8_t *row = luma_.row(top), *below = luma_.row(std::min(top + 1, luma_.height - 1));
    const int whole = luma_.width / kSpot;
    sum_spots(row, below, whole, out + 1);
    if (const int x = kSpot * whole; whole < width_)
      out[whole + 1] = static_cast<uint16_t>(2 * (row[x] + below[x]));
    out[0] = out[1];
    out[width_ + 1] = out[width_];
  }
}

const uint16_t* SpotRows::sums(int y) {
  sum_to(y);
  return sums_at(y) + 1;
}

void SpotRows::measure_gradient(int y) {
  const int first = std::max(y - 1, 0), last = std::min(y + 1, height_ - 1);
  summed_ = std::max(summed_, first);
  sum_to(last);
  uint16_t* out = steepness_at(y) + 1;
  add_differences(sums_at(y), sums_at(y) + 2, sums_at(first) + 1, sums_at(last) + 1, width_, out);
  out[-1] = out[0];
  out[width_] = out[width_ - 1];
}

const uint16_t* SpotRows::gradient(int y) {
  const int first = std::max(y - 1, 0), last = std::min(y + 1, height_ - 1);
  for (measured_ = std::max(measured_, first); measured_ <= last; ++measured_)
    measure_gradient(measured_);
  row_kernels().smooth(steepness_at(first), steepness_at(y), steepness_at(last), width_,
                       column_sums_.data(), smooth_.data());
  return smooth_.data();
}

Confidence::Confidence(const CodedFrame& frame, const SourceSums& sources, double fade)
    : sources_(sources), spots_(frame.picture.plane<const uint8_t>(0)), fade_(in_units(fade)),
      found_(static_cast<size_t>(spots_.width())) {}

const PixelSums& Confidence::source_named(uint16_t name) const {
  return *std::find_if(sources_.begin(), sources_.end(), [name](const auto& known) {
            return known.first == name;
          })->second;
}

void Confidence::find(int y, const MapRow& row) {
  const int width = spots_.width();
  for (int x = row.next_live(0, width), end; x < width; x = row.next_live(end, width)) {
    end = row.end_of_source(x, width);
    row_kernels().find(row.from(x), source_named(row.source[x]).view(), x, y, end - x, &found_[x]);
  }
}

void Confidence::measure(int y, const MapRow& row, uint16_t* out) {
  const uint16_t* steep = spots_.gradient(y);
  find(y, row);
  trust(spots_.sums(y), found_.data(), steep, row.confidence, fade_, spots_.width(), out);
}

ConfidenceInPrediction::ConfidenceInPrediction(const CodedFrame& frame, double fade)
    : picture_(frame.picture, frame.facts.bit_depth),
      prediction_(frame.prediction, frame.facts.bit_depth),
      shown_(picture_.luma()), predicted_(prediction_.luma()), fade_(in_units(fade)),
      stride_(static_cast<size_t>(shown_.width()) + 2), own_(kKept * stride_),
      found_(stride_), sums_(stride_), row_(stride_), alive_(stride_, 1) {}

void ConfidenceInPrediction::measure(int y) {
  const int width = shown_.width();
  uint16_t* out = own_at(y) + 1;
  const uint16_t* steep = shown_.gradient(y);
  scale_by_64(predicted_.sums(y), width, found_.data());
  trust(shown_.sums(y), found_.data(), steep, alive_.data(), fade_, width, out);
  out[-1] = out[0];
  out[width] = out[width - 1];
}

const uint16_t* ConfidenceInPrediction::row(int y) {
  const int first = std::max(y - 1, 0), last = std::min(y + 1, shown_.height() - 1);
  for (; measured_ <= last; ++measured_) measure(measured_);
  const int width = shown_.width();
  row_kernels().smooth(own_at(first), own_at(y), own_at(last), width, sums_.data(), row_.data());
  multiply(own_at(y) + 1, row_.data(), width, row_.data());
  return row_.data();
}

}  // namespace palantir

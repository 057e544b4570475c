#include "detail_frame.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace palantir {

namespace {

// At the head of a buffer: whose cells its live map tells of.
struct Head {
  int32_t columns, rows, side, width;
  uint8_t padding[48];
};

// Rounded as fading does.
int8_t kept(int detail, int shift) {
  const int magnitude = std::min((std::abs(detail) + (1 << shift >> 1)) >> shift, kDetailLimit);
  return static_cast<int8_t>(detail < 0 ? -magnitude : magnitude);
}

// How often a sample is rounded before it fades away, roughly.
constexpr int kRoundings = 8;

size_t rounded(size_t size) { return (size + 63) & ~size_t{63}; }

}  // namespace

int fitting_bits(const std::vector<Plane<const int16_t>>& details) {
  int64_t clipped[kMaxDetailBits + 1] = {}, samples = 0;  // squares of what is cut off
  for (const auto& detail : details) {
    samples += static_cast<int64_t>(detail.width) * detail.height;
    for (int y = 0; y < detail.height; ++y)
      for (int x = 0; x < detail.width; ++x) {
        const int magnitude = std::abs(detail.row(y)[x]);
        for (int bits = kMaxDetailBits; bits >= kMinDetailBits; --bits) {
          const int64_t excess = magnitude - (kDetailLimit << (kFractionBits - bits));
          if (excess <= 0) break;
          clipped[bits] += excess * excess;
        }
      }
  }
  const auto loss = [&](int bits) {
    const int64_t step = kOne >> bits;
    return clipped[bits] + kRoundings * samples * step * step / 12;
  };
  int best = kMaxDetailBits;
  for (int bits = kMaxDetailBits - 1; bits >= kMinDetailBits; --bits)
    if (loss(bits) < loss(best)) best = bits;
  return best;
}

DetailPlane::DetailPlane(BufferPool& pool, int width, int height, int scale, int cell,
                         int bits)
    : width_(width), height_(height), side_(cell * scale), dead_(dead_detail(bits)) {
  columns_ = (width + side_ - 1) / side_;
  rows_ = (height + side_ - 1) / side_;
  stride_ = static_cast<std::ptrdiff_t>(rounded(static_cast<size_t>(columns_) * side_));
  const size_t map = rounded(static_cast<size_t>(columns_) * rows_ + kSlack);
  const size_t size =
      sizeof(Head) + 2 * map + static_cast<size_t>(stride_) * rows_ * side_ + kSlack;
  bytes_ = pool.take(size);
  live_ = bytes_.get() + sizeof(Head);
  stale_ = live_ + map;
  samples_ = reinterpret_cast<int8_t*>(stale_ + map);
  const Head head{columns_, rows_, side_, width_, {}};
  if (std::memcmp(bytes_.get(), &head, sizeof head) == 0) {
    std::memcpy(stale_, live_, map);
    std::memset(live_, 0, map);
  } else {
    std::memset(bytes_.get(), 0, size);
    std::memcpy(bytes_.get(), &head, sizeof head);
  }
}

bool DetailPlane::any_live(int left, int top, int right, int bottom) const {
  left = std::clamp(left, 0, columns_ - 1);
  right = std::clamp(right, 0, columns_ - 1);
  top = std::clamp(top, 0, rows_ - 1);
  bottom = std::clamp(bottom, 0, rows_ - 1);
  for (int row = top; row <= bottom; ++row)
    for (int column = left; column <= right; ++column)
      if (is_live(column, row)) return true;
  return false;
}

void DetailPlane::clear_cell(int column, int row) {
  int8_t* at = samples_ + row * side_ * stride_ + column * side_;
  for (int y = 0; y < side_; ++y) std::memset(at + y * stride_, 0, side_);
}

void DetailPlane::finish_cell(int column, int row, int greatest) {
  uint8_t& live = live_[static_cast<size_t>(row) * columns_ + column];
  const uint8_t now = greatest > dead_;
  live_cells_ += now - live;
  live = now;
  if (!now) clear_cell(column, row);
}

void DetailPlane::finish_rows(int begin, int end) {
  for (int row = begin; row < end; ++row)
    for (int column = 0; column < columns_; ++column)
      if (stale_[static_cast<size_t>(row) * columns_ + column] && !is_live(column, row))
        clear_cell(column, row);
}

int DetailPlane::greatest_of_cell(int column, int row) const {
  int greatest = 0;
  const int right = std::min((column + 1) * side_, width_);
  const int bottom = std::min((row + 1) * side_, height_);
  for (int y = row * side_; y < bottom; ++y)
    for (int x = column * side_; x < right; ++x)
      greatest = std::max(greatest, std::abs(static_cast<int>(samples_[y * stride_ + x])));
  return greatest;
}

DetailFrame::DetailFrame(BufferPool& pool, const CodedFrame& frame, int scale, int bits)
    : scale(scale), bits(bits) {
  for (int p = 0; p < kPlanes; ++p)
    planes[p] = DetailPlane(pool, frame.facts.plane_width[p] * scale,
                            frame.facts.plane_height[p] * scale, scale, p ? kCell / 2 : kCell,
                            bits);
}

bool DetailFrame::fits(const CodedFrame& frame, int wanted) const {
  bool same = scale == wanted;
  for (int p = 0; p < kPlanes; ++p)
    same &= planes[p].samples().width == frame.facts.plane_width[p] * wanted &&
            planes[p].samples().height == frame.facts.plane_height[p] * wanted;
  return same;
}

void DetailFrame::check_cells(int p, const Area& area) {
  DetailPlane& plane = planes[p];
  for (int row = area.y / plane.side(); row * plane.side() < area.y + area.height; ++row)
    for (int column = area.x / plane.side(); column * plane.side() < area.x + area.width; ++column)
      plane.finish_cell(column, row, plane.greatest_of_cell(column, row));
}

void DetailFrame::clear(int p, const Area& area) {
  const Plane<int8_t> samples = planes[p].samples();
  for (int y = area.y; y < area.y + area.height; ++y)
    std::memset(samples.row(y) + area.x, 0, area.width);
  check_cells(p, area);
}

DetailFrame DetailFrame::coarser(BufferPool& pool, const CodedFrame& frame, int fewer) const {
  DetailFrame copy(pool, frame, scale, fewer);
  for (int p = 0; p < kPlanes; ++p) {
    const Plane<int8_t> from = planes[p].samples(), to = copy.planes[p].samples();
    for (int y = 0; y < from.height; ++y) {
      const uint8_t* live = planes[p].live_row(y / planes[p].side());
      for (int x = 0; x < from.width; ++x)
        if (live[x / planes[p].side()]) to.row(y)[x] = kept(from.row(y)[x], bits - fewer);
    }
    for (int row = 0; row < copy.planes[p].rows(); ++row)
      for (int column = 0; column < copy.planes[p].columns(); ++column)
        if (planes[p].is_live(column, row))
          copy.planes[p].finish_cell(column, row, copy.planes[p].greatest_of_cell(column, row));
    copy.planes[p].finish_rows(0, copy.planes[p].rows());
  }
  return copy;
}

void DetailFrame::paste(BufferPool& pool, int p, int x, int y, const Plane<const int16_t>& detail,
                        const Plane<const uint8_t>& pixels) {
  const Plane<int8_t> samples = planes[p].samples();
  const int width = detail.width, height = detail.height;
  AnchorPixels anchor{p, x, y, width, height, pool.take(static_cast<size_t>(width) * height)};
  for (int j = 0; j < height; ++j) {
    int8_t* out = samples.row(y + j) + x;
    for (int i = 0; i < width; ++i) out[i] = kept(detail.row(j)[i], kFractionBits - bits);
    std::memcpy(anchor.pixels.get() + static_cast<size_t>(j) * width, pixels.row(j), width);
  }
  check_cells(p, {x, y, width, height});
  anchors.push_back(std::move(anchor));
}

}  // namespace palantir

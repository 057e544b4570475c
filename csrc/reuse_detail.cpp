#include <algorithm>
#include <vector>

#include "confidence.h"
#include "motion.h"
#include "reuse.h"
#include "simd.h"

namespace palantir {

namespace {

PALANTIR_CLONES
void average(const int16_t* a, const int16_t* b, int width, int16_t* out) {
  for (int x = 0; x < width; ++x) out[x] = static_cast<int16_t>((a[x] + b[x] + 1) >> 1);
}

PALANTIR_CLONES
void fade_row(int16_t* row, const uint16_t* confidence, int width) {
  constexpr int half = 1 << (kConfidenceBits - 1);
  for (int x = 0; x < width; ++x)
    row[x] = static_cast<int16_t>((row[x] * confidence[x] + half) >> kConfidenceBits);
}

void clear(const Plane<int16_t>& plane) {
  for (int y = 0; y < plane.height; ++y)
    std::fill(plane.row(y), plane.row(y) + plane.width, int16_t{0});
}

bool is_reusable(const Block& block, const References<int16_t>& references) {
  if (!block.inter || !block.usable) return false;
  // A compound block one of whose references has no detail reuses half of the other's.
  for (int r = 0; r < block.inter; ++r)
    if (references.count(block.reference[r])) return true;
  return false;
}

void compensate_block(const CodedFrame& frame, const Block& block, int p, int scale,
                      const References<int16_t>& references, const Plane<int16_t>& out) {
  thread_local int16_t second[kMaxSide * kMaxSide];
  for (int r = 0; r < block.inter; ++r) {
    const auto reference = references.find(block.reference[r]);
    for_each_part(frame, block, r, p, scale, [&](const MotionPart& part) {
      int16_t* target = out.row(part.y) + part.x;
      if (reference == references.end())
        for (int y = 0; y < part.height; ++y)
          std::fill(second + y * kMaxSide, second + y * kMaxSide + part.width, int16_t{0});
      else
        compensate(reference->second[p], part, block.filter, second, kMaxSide);
      for (int y = 0; y < part.height; ++y) {
        const int16_t* row = second + y * kMaxSide;
        if (r == 0)
          std::copy(row, row + part.width, target + y * out.stride);
        else
          average(target + y * out.stride, row, part.width, target + y * out.stride);
      }
    });
  }
}

// Confidence of one LR row of plane `p`, repeated for each SR pixel.
void spread_confidence(const std::vector<uint16_t>& map, const CodedFrame& frame, int p, int y,
                       int scale, std::vector<uint16_t>& row) {
  const int luma_width = frame.facts.width, luma_height = frame.facts.height;
  const int width = frame.facts.plane_width[p];
  const uint16_t* top = &map[static_cast<size_t>(p ? 2 * y : y) * luma_width];
  const uint16_t* bottom =
      p ? &map[static_cast<size_t>(std::min(2 * y + 1, luma_height - 1)) * luma_width] : top;
  for (int x = 0; x < width; ++x) {
    const int left = p ? 2 * x : x, right = p ? std::min(2 * x + 1, luma_width - 1) : x;
    const int mean = (top[left] + top[right] + bottom[left] + bottom[right] + 2) >> 2;
    std::fill_n(&row[static_cast<size_t>(x) * scale], scale, static_cast<uint16_t>(mean));
  }
}

}  // namespace

void reuse_detail(const CodedFrame& frame, const References<int16_t>& references, int scale,
                  double fade, const Planes<int16_t>& detail) {
  const auto confidence = measure_confidence(frame, fade);
  for (int p = 0; p < kPlanes; ++p) {
    clear(detail[p]);
    for (const Block& block : frame.blocks)
      if (is_reusable(block, references))
        compensate_block(frame, block, p, scale, references, detail[p]);
    std::vector<uint16_t> row(detail[p].width);
    for (int y = 0; y < detail[p].height; ++y) {
      if (y % scale == 0) spread_confidence(confidence, frame, p, y / scale, scale, row);
      fade_row(detail[p].row(y), row.data(), detail[p].width);
    }
  }
}

}  // namespace palantir

// The inner loops of reuse, one table of them for each instruction set (simd.h).
//
// Every table computes the same integers; the scalar one is the truth that tests compare with.
// Loops write only what they are asked to, and may read up to kSlack samples after rows of detail,
// weights and blended rows. Any thread may call; nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "map_row.h"
#include "simd.h"

namespace palantir {

constexpr int kFractionBits = 6;  // of SR samples that are still to be added up
constexpr int kOne = 1 << kFractionBits;
constexpr int kConfidenceBits = 8;  // 256 is full confidence as it is measured
// 1, in the units of a map's confidence: the greatest that products of 16 bits can do with.
constexpr int kFullConfidence = 32767;
// Of that, detail that has moved has so many eighths at most (docs/method.md, Confidence).
constexpr int kMovedEighths = 7;
// Less than this counts as none.
constexpr int kFaintConfidence = kFullConfidence / 50;
// Detail that has come further, in 1/8 LR pixel and one direction, is dropped.
constexpr int kFarthest = 16383;
constexpr int kSlack = 256;     // readable samples after the last of such buffers
constexpr int kTaps = 6;        // of the plain upscalers, at most
constexpr int kWeightBits = 11; // of their weights: tap sums stay below 2^31 through both passes
constexpr int kMargin = 3;      // replicated samples at both ends of a blended row
constexpr int kCell = 8;        // side of the smallest block, in LR luma pixels
constexpr int kSpot = 2;        // side of a spot, the smallest area with a detail of its own
inline int spots(int pixels) { return (pixels + kSpot - 1) / kSpot; }

// A weight counts 1/32768. The greatest, 32767, leaves what is below 256 grey levels as it is.
inline int weighted(int detail, int weight) { return (detail * weight + (1 << 14)) >> 15; }

inline int16_t saturated(int value) {
  return static_cast<int16_t>(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
}

// Taps of each of the `scale` output phases; `first` is relative to the phase's own input sample,
// -3 at least. Weights after `taps` of them (4 or 6) are 0.
struct Phases {
  int scale, taps;
  int first[4];
  int16_t weight[4][kTaps];
};

// How one instruction set gathers the taps, two at a time, of up to 3 vectors of SR samples; made
// by `plan`.
struct StretchPlan {
  Phases phases;
  int offset[3][4];
  alignas(64) int16_t index[3][2][kTaps / 2][32];
  alignas(64) int16_t weight[3][2][kTaps / 2][32];
};

// A row that is blended (samples from -kMargin to width + kMargin - 1) but not yet stretched.
struct BlendedRow {
  const int16_t* samples;
  const StretchPlan& plan;
};

constexpr int kFilterTaps = 24;                  // of a filter bank
constexpr int kFilterBits = 9;                   // fractional, of its weights
constexpr int kFilterStride = kFilterTaps * 16;  // weights of a class

// Where a weight is: taps in pairs, within them 16 SR pixels, of which smaller scales leave some
// out.
constexpr int filter_weight(int index, int tap, int row, int column) {
  return index * kFilterStride + tap / 2 * 32 + (4 * row + column) * 2 + tap % 2;
}

// An LR row and, for each pair of taps, the `width` pairs of differences of their pixels from it.
struct FilterRow {
  const uint8_t* pixels;
  const int16_t* differences;
  const uint8_t* classes;
  const int16_t* weights;
};

// Sums of 2x2 pixels in a part of a plane (PixelSums, confidence.h), one at each pixel of it, and
// the first and last that count, in 1/8 pixel of the plane. The row below the last and a sample
// more at the end of each can be read.
struct SumsView {
  const uint16_t* sums;
  int stride, left, top, right, bottom;
};

// Where in a plane the SR samples of spots must lie, and how displacements are rounded to samples:
// (displacement * scale + half) >> shift.
struct SpotFrame {
  int left, top, right, bottom;  // the corners that spots may have, all ends inside
  int stride, side, scale, shift;
};

struct RowKernels {
  StretchPlan (*plan)(const Phases& phases);

  // out[x] = sum of weight * rows[.][x], rounded to kFractionBits.
  void (*blend)(const uint8_t* const* rows, const int16_t* weight, int width, int16_t* out);

  // One SR row of width * scale pixels, rounded and clipped. Six taps, scales 2 to 4.
  void (*stretch)(const BlendedRow& row, int width, uint8_t* out);

  // The same between two rows: row + weighted(other + detail - row), sums saturated to 16 bits.
  // `other` has four taps; where weights are 0, detail may be anything.
  void (*mix)(const BlendedRow& row, const BlendedRow& other, int width, const int16_t* detail,
              const int16_t* weight, uint8_t* out);

  // The `scale` SR rows of an LR row by a filter bank, pixel + sum of weight * difference, rounded
  // to kFractionBits and saturated. Writes up to two samples more after each.
  void (*filter)(const FilterRow& row, int width, int scale, int16_t* const* out);

  // As `mix`, with a first row that is stretched already.
  void (*mix_over)(const int16_t* row, const BlendedRow& other, int width, const int16_t* detail,
                   const int16_t* weight, uint8_t* out);

  // What `count` spots, the first at (x, y), find at their displaced positions: offset[i] is that
  // of the first sample of spot i, relative to SR sample (0, y * side) of a plane with the frame's
  // stride. That of the first must lie in the frame; a spot with confidence that lies outside, or
  // has another source than the first, sets stop[i]. A spot without may get another's offset.
  void (*place)(const MapRow& row, const SpotFrame& frame, int x, int y, int count,
                int32_t* offset, uint8_t* stop);

  // 64 times the sum that `count` spots, the first at (x, y), find at their displaced positions,
  // between the four sums about each; beyond the part, at its edge.
  void (*find)(const MapRow& row, const SumsView& view, int x, int y, int count, uint16_t* found);

  // Each of `width` confidences, `side` times (1 to 4, 6 or 8).
  void (*spread)(const uint16_t* confidence, int width, int side, int16_t* out);

  // out = in + added, of rectangles, modulo 2^16.
  void (*shift)(const uint16_t* in, std::ptrdiff_t in_stride, int added, int width, int height,
                uint16_t* out, std::ptrdiff_t stride);

  // confidence, where it is not 0, = own * mean (1 is 256), 0 if that is faint, a displacement too
  // far, or the displaced position, to the nearest spot, outside the width x height of them; `y` is
  // the row. False if nothing is left.
  bool (*settle)(const int16_t* down, const int16_t* across, const uint16_t* own,
                 const uint16_t* mean, int y, int width, int height, uint16_t* confidence);

  // Mean of each sample and those around it, with weights 3, 4 and 3 in both directions. Rows have
  // a sample more at both ends, from which on `above`, `row` and `below` point; samples are at most
  // 256.
  void (*smooth)(const uint16_t* above, const uint16_t* row, const uint16_t* below, int width,
                 uint16_t* column_sums, uint16_t* out);
};

// Null where this build or machine lacks the level.
const RowKernels* row_kernels(SimdLevel level);
// Of the level in use.
const RowKernels& row_kernels();

}  // namespace palantir

// The inner loops of reuse, one table of them for each instruction set (simd.h).
//
// Every table computes the same integers; the scalar one is the truth that tests compare with.
// Loops write only what they are asked to, and may read up to kSlack bytes after rows of detail,
// blended rows and confidence. Any thread may call; nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd.h"

namespace palantir {

constexpr int kFractionBits = 6;  // of SR samples that are still to be added up
constexpr int kOne = 1 << kFractionBits;
constexpr int kDetailLimit = 127;  // of kept detail, in steps of its own (detail_frame.h)
constexpr int kConfidenceBits = 8;  // 256 is full confidence
constexpr int kFadeBias = 1 << (kConfidenceBits - 1);  // to the nearest, halves away from 0
constexpr int kSlack = 256;     // readable bytes after the last sample of such buffers
constexpr int kTaps = 4;        // of the plain upscalers
constexpr int kWeightBits = 11; // of their weights: tap sums stay below 2^31 through both passes
constexpr int kMargin = 2;      // replicated samples at both ends of a blended row
constexpr int kCell = 8;        // LR luma pixels a side; chroma cells have half of them

// Taps of each of the `scale` output phases; `first` is relative to the phase's own input sample,
// -2 or -1.
struct Phases {
  int scale;
  int first[4];
  int16_t weight[4][kTaps];
};

// How one instruction set gathers the taps of up to 6 vectors of SR samples; made by `plan`.
struct StretchPlan {
  Phases phases;
  int offset[6][4];
  alignas(64) int16_t index[6][2][2][32];
  alignas(64) int16_t weight[6][2][2][32];
};

struct RowKernels {
  StretchPlan (*plan)(const Phases& phases);

  // out[x] = sum of weight * rows[.][x], rounded to kFractionBits.
  void (*blend)(const uint8_t* const* rows, const int16_t* weight, int width, int16_t* out);

  // One SR row of width * scale pixels: a blended row (in[-kMargin] to in[width + kMargin - 1])
  // stretched, plus detail times its step (kOne is a grey level), rounded and clipped.
  // `live[x / cell]` tells where detail may differ from 0; `live` null: nowhere. Scales 2 to 4.
  void (*stretch)(const int16_t* in, const StretchPlan& plan, int width, const int8_t* detail,
                  int step, const uint8_t* live, int cell, uint8_t* out);

  // out = confidence * detail for one cell of width x height LR samples, width kCell or half of it,
  // each of scale x scale SR samples. The greatest magnitude in `out`.
  int (*fade)(const int8_t* in, std::ptrdiff_t in_stride, const uint16_t* confidence,
              std::ptrdiff_t confidence_stride, int width, int height, int scale, int8_t* out,
              std::ptrdiff_t stride);

  // out[x] = sum of weight * in[x + (tap - 1) * step], weights summing to 64.
  void (*interpolate)(const int8_t* in, std::ptrdiff_t step, const int16_t* weight, int width,
                      int8_t* out);

  // out[x] = mean of a and b, halves up.
  void (*average)(const int8_t* a, const int8_t* b, int width, int8_t* out);

  // out[x] = mean of the 5x5 samples around: five rows, each with two samples more at both ends.
  void (*smooth)(const uint16_t* const* rows, int width, uint16_t* column_sums, uint16_t* out);
};

// Null where this build or machine lacks the level.
const RowKernels* row_kernels(SimdLevel level);
// Of the level in use.
const RowKernels& row_kernels();

}  // namespace palantir

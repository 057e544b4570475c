// IVF bytes in: decoding, trace, texture and weights.
//
// An IVF file's header ends with four bytes that nobody uses; here they say how to decode it. All 0
// is one thread, observed, a patch grid of 1x1 and no larger frames than the harness can afford.
//   byte 0  bits 0-1: 1, 2, 4 or 8 threads; bit 2: row-MT; bit 3: unobserved;
//           bit 4: less than a full trace
//   byte 1  rows of the grid - 1; byte 2: columns - 1
//   byte 3  bit 0: frames up to 4096x4096 and any number of packets, for replays
#include <algorithm>
#include <cmath>
#include <cstring>

#include "decoder.h"
#include "input.h"
#include "patch_detail.h"
#include "texture.h"
#include "weights.h"

namespace {

using namespace palantir;

constexpr size_t kHeader = 32, kPacketHeader = 12;
constexpr int kSmall = 512, kLarge = 4096;  // pixels, a frame's sides
constexpr int64_t kMostPixels = 500'000;  // of all frames of a small run

struct Plan {
  DecoderOptions options;
  PatchGrid grid;
  bool large;
};

Plan plan_of(const uint8_t* unused) {
  Plan plan;
  plan.large = unused[3] & 1;
  plan.grid.rows = 1 + unused[1] % 16;
  plan.grid.columns = 1 + unused[2] % 16;
  plan.options.threads = 1 << (unused[0] & 3);
  plan.options.row_mt = unused[0] & 4;
  plan.options.observe = !(unused[0] & 8);
  plan.options.full = !(unused[0] & 16);
  plan.options.max_width = plan.options.max_height = plan.large ? kLarge : kSmall;
  return plan;
}

void check_texture(const CodedFrame& frame, const PatchGrid& grid) {
  if (!frame.full) return;  // what it is measured on is not there
  for (const double value : measure_texture(frame, grid))
    require(std::isfinite(value) && value >= 0, "texture is finite and not negative");
}

void check_detail(const CodedFrame& frame, const PatchGrid& grid) {
  if (!frame.full) return;
  const PatchDetail detail = measure_detail(frame, grid, 2.0);
  auto found = detail.missing;
  for (const Edge& edge : detail.edges) {
    require(edge.weight >= 0, "what a source brings is not negative");
    found[edge.patch] += edge.weight;
  }
  for (size_t patch = 0; patch < found.size(); ++patch) {
    require(detail.energy[patch] > 0 && detail.missing[patch] >= 0, "patches have some detail");
    require(std::abs(found[patch] - detail.energy[patch]) <= 1e-9 * detail.energy[patch],
            "what is missing and what is brought make up the whole");
  }
}

void check_weights(const CodedFrame& frame, const PatchGrid& grid) {
  const PatchWeights weights = measure_weights(frame, grid);
  double whole = 0;  // weights are shares of source patches
  const auto columns = tile_edges(frame.facts.width, grid.columns);
  const auto rows = tile_edges(frame.facts.height, grid.rows);
  for (const Edge& edge : weights.edges) {
    require(edge.reference >= 0 && edge.reference < frame.facts.index, "references are earlier");
    require(edge.source >= 0 && edge.source < grid.count(), "sources are patches");
    const int row = edge.source / grid.columns, column = edge.source % grid.columns;
    whole += edge.weight * (rows[row + 1] - rows[row]) * (columns[column + 1] - columns[column]);
  }
  for (const int64_t pixels : weights.intra_pixels) whole += static_cast<double>(pixels);
  const double pixels = static_cast<double>(frame.facts.width) * frame.facts.height;
  require(std::fabs(whole - pixels) <= 1e-9 * pixels, "weights account for every pixel");
}

// Every sample is there to be read.
uint64_t sum_of(const Picture& picture) {
  uint64_t sum = 0;
  for (int p = 0; p < kPlanes; ++p)
    for (int y = 0; y < picture.height[p]; ++y)
      for (int x = 0; x < picture.width[p]; ++x)
        sum += picture.deep ? picture.plane<const uint16_t>(p).row(y)[x]
                            : picture.plane<const uint8_t>(p).row(y)[x];
  return sum;
}

int64_t check_packet(const DecodedPacket& packet, const Plan& plan) {
  [[maybe_unused]] static volatile uint64_t sink;
  int64_t pixels = 0;
  for (const auto& frame : packet.frames) {
    const PalantirFrame& facts = frame->facts;
    require(facts.width <= plan.options.max_width && facts.height <= plan.options.max_height,
            "frames are within the limit");
    pixels += int64_t{facts.width} * facts.height;
    sink = sum_of(frame->picture) + sum_of(frame->prediction) + sum_of(frame->reconstruction);
    const PatchGrid grid{std::min(plan.grid.rows, facts.height),
                         std::min(plan.grid.columns, facts.width)};
    check_texture(*frame, grid);
    check_detail(*frame, grid);
    check_weights(*frame, grid);
  }
  return pixels;
}

uint32_t little_endian(const uint8_t* at) {
  return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHeader) return 0;
  const Plan plan = plan_of(data + kHeader - 4);
  Decoder decoder(plan.options);
  int64_t pixels = 0;
  for (size_t at = kHeader; size - at >= kPacketHeader && (plan.large || pixels < kMostPixels);) {
    const size_t length =
        std::min<size_t>(little_endian(data + at), size - at - kPacketHeader);
    const uint8_t* packet = data + at + kPacketHeader;
    at += kPacketHeader + length;
    try {
      pixels += check_packet(decoder.decode(packet, length), plan);
    } catch (const DecodeError&) {
      pixels += kMostPixels / 100;  // errors cost time too
    }
  }
  return 0;
}

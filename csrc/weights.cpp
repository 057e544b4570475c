#include "weights.h"

#include "patch_parts.h"

namespace palantir {

namespace {

struct PixelCounts {
  explicit PixelCounts(int patches) : half_pixels(patches), intra(patches, 0) {}

  void whole(int patch, const Area& part, int references) {
    if (!references) intra[patch] += pixels(part);
  }
  void piece(int patch, int32_t reference, int32_t source, const Area& piece, int references) {
    half_pixels.add(patch, reference, source, pixels(piece) * (3 - references));
  }
  static int64_t pixels(const Area& area) {
    return static_cast<int64_t>(area.width) * area.height;
  }

  EdgeSums half_pixels;
  std::vector<int64_t> intra;
};

}  // namespace

PatchWeights measure_weights(const CodedFrame& frame, const PatchGrid& grid) {
  PatchParts parts(frame, grid, 0);
  PixelCounts counts(grid.count());
  for (const Block& block : frame.blocks) parts.cut(block, counts);
  return {counts.half_pixels.edges([&](int patch) { return 2 * parts.cells_of(patch); }),
          std::move(counts.intra)};
}

}  // namespace palantir

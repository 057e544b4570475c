#include "texture.h"

#include <algorithm>

#include "simd.h"

namespace palantir {

namespace {

constexpr int kMaxHalf = kMaxBlock / 2;
// 2x2 sums carry a factor 4, the bilinear weights 3:1 in both directions another 16.
constexpr int kUnit = 64;

// The signal to upscale, and its halved form times 4. A half row has a replicated sample on both
// sides.
struct Scratch {
  int32_t signal[kMaxBlock][kMaxBlock];
  int32_t half[kMaxHalf][kMaxHalf + 2];
};

PALANTIR_CLONES
void halve_row(const int32_t* top, const int32_t* bottom, int width, int32_t* half) {
  for (int x = 0; x < width / 2; ++x)
    half[x + 1] = top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1];
  if (width & 1) half[width / 2 + 1] = 2 * (top[width - 1] + bottom[width - 1]);
  const int half_width = (width + 1) / 2;
  half[0] = half[1];
  half[half_width + 1] = half[half_width];
}

// kUnit times what each pixel of a row loses: `near` and `far` are the half rows that its doubled
// form takes 3 parts and 1 part of.
PALANTIR_CLONES
void lose_row(const int32_t* signal, const int32_t* near, const int32_t* far, int width,
              int32_t* loss) {
  int32_t rows[kMaxHalf + 2];
  const int half_width = (width + 1) / 2;
  for (int x = 0; x < half_width + 2; ++x) rows[x] = 3 * near[x] + far[x];
  for (int x = 0; x < half_width; ++x) {
    loss[2 * x] = kUnit * signal[2 * x] - (3 * rows[x + 1] + rows[x]);
    loss[2 * x + 1] = kUnit * signal[2 * x + 1] - (3 * rows[x + 1] + rows[x + 2]);
  }
}

PALANTIR_CLONES
int64_t energy_of(const int32_t* loss, int length) {
  int64_t energy = 0;
  for (int x = 0; x < length; ++x) energy += static_cast<int64_t>(loss[x]) * loss[x];
  return energy;
}

class PlaneTexture {
 public:
  PlaneTexture(const CodedFrame& frame, const PatchGrid& grid, int p)
      : frame_(frame),
        plane_(p),
        columns_(tile_edges(frame.facts.width, grid.columns, p ? frame.facts.subsampling_x : 0)),
        rows_(tile_edges(frame.facts.height, grid.rows, p ? frame.facts.subsampling_y : 0)) {}

  void add(const Block& block, std::vector<double>& texture) {
    const Area area = area_of(frame_, block, plane_);
    if (area.empty()) return;
    const bool residual = block.inter && block.usable;
    if (residual && block.skip) return;
    if (frame_.picture.deep)
      load<uint16_t>(area, residual);
    else
      load<uint8_t>(area, residual);
    accumulate(area, texture);
  }

 private:
  template <class Sample>
  void load(const Area& area, bool residual) {
    const auto whole = frame_.reconstruction.plane<const Sample>(plane_);
    const auto predicted = frame_.prediction.plane<const Sample>(plane_);
    for (int y = 0; y < area.height; ++y) {
      const Sample* a = whole.row(area.y + y) + area.x;
      const Sample* b = predicted.row(area.y + y) + area.x;
      for (int x = 0; x < area.width; ++x) scratch_.signal[y][x] = residual ? a[x] - b[x] : a[x];
    }
  }

  void halve(const Area& area) {
    for (int y = 0; y < (area.height + 1) / 2; ++y)
      halve_row(scratch_.signal[2 * y], scratch_.signal[std::min(2 * y + 1, area.height - 1)],
                area.width, scratch_.half[y]);
  }

  void accumulate(const Area& area, std::vector<double>& texture) {
    const int half_height = (area.height + 1) / 2;
    const int grid_columns = static_cast<int>(columns_.size()) - 1;
    const int first = tile_of(columns_, area.x);
    const int last = tile_of(columns_, area.x + area.width - 1);
    int32_t loss[kMaxBlock];
    halve(area);
    for (int y = 0; y < area.height; ++y) {
      double* row = &texture[static_cast<size_t>(tile_of(rows_, area.y + y)) * grid_columns];
      const int near = y / 2;
      const int far = std::clamp(near + ((y & 1) ? 1 : -1), 0, half_height - 1);
      lose_row(scratch_.signal[y], scratch_.half[near], scratch_.half[far], area.width, loss);
      for (int c = first; c <= last; ++c) {
        const int begin = std::max(columns_[c] - area.x, 0);
        const int end = std::min(columns_[c + 1] - area.x, area.width);
        row[c] += static_cast<double>(energy_of(loss + begin, end - begin));
      }
    }
  }

  const CodedFrame& frame_;
  int plane_;
  std::vector<int> columns_, rows_;
  Scratch scratch_{};  // a row's odd last pixel has a neighbour that is computed and not counted
};

}  // namespace

std::vector<double> measure_texture(const CodedFrame& frame, const PatchGrid& grid) {
  std::vector<double> texture;
  for (int p = 0; p < kPlanes; ++p) {
    PlaneTexture plane(frame, grid, p);  // refuses a grid that does not fit
    texture.resize(grid.count(), 0.0);
    for (const Block& block : frame.blocks) plane.add(block, texture);
  }
  for (double& value : texture) value /= static_cast<double>(kUnit) * kUnit;
  return texture;
}

}  // namespace palantir

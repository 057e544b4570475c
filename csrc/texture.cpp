#include "texture.h"

#include "block_loss.h"
#include "lane_loss.h"
#include "simd.h"

namespace palantir {

namespace {

class PlaneTexture {
 public:
  PlaneTexture(const CodedFrame& frame, const PatchGrid& grid, int p)
      : frame_(frame),
        plane_(p),
        grid_columns_(grid.columns),
        lanes_(!frame.picture.deep && simd_level() != SimdLevel::kScalar),
        columns_(tile_edges(frame.facts.width, grid.columns, p ? frame.facts.subsampling_x : 0)),
        rows_(tile_edges(frame.facts.height, grid.rows, p ? frame.facts.subsampling_y : 0)),
        column_of_(tiles_of(columns_)),
        row_of_(tiles_of(rows_)) {}

  void add(const Block& block, std::vector<double>& texture) {
    const Area area = area_of(frame_, block, plane_);
    if (area.empty()) return;
    const bool residual = block.inter && block.usable;
    if (lanes_ && LaneLoss::takes(area.width, area.height)) {
      lane_loss_.measure(samples<uint8_t>(area, residual));
      return accumulate(lane_loss_, area, texture);
    }
    if (frame_.picture.deep)
      block_loss_.measure(samples<uint16_t>(area, residual));
    else
      block_loss_.measure(samples<uint8_t>(area, residual));
    accumulate(block_loss_, area, texture);
  }

 private:
  template <class Sample>
  BlockSamples<Sample> samples(const Area& area, bool residual) const {
    const auto whole = frame_.reconstruction.plane<const Sample>(plane_);
    const auto prediction = frame_.prediction.plane<const Sample>(plane_);
    return {whole.row(area.y) + area.x,
            whole.stride,
            residual ? prediction.row(area.y) + area.x : nullptr,
            prediction.stride,
            area.width,
            area.height};
  }

  template <class Loss>
  void accumulate(const Loss& loss, const Area& area, std::vector<double>& texture) const {
    const int right = area.x + area.width, bottom = area.y + area.height;
    for (int row = row_of_[area.y]; row <= row_of_[bottom - 1]; ++row) {
      const int top = std::max(rows_[row], area.y);
      const int height = std::min(rows_[row + 1], bottom) - top;
      for (int column = column_of_[area.x]; column <= column_of_[right - 1]; ++column) {
        const int left = std::max(columns_[column], area.x);
        const int width = std::min(columns_[column + 1], right) - left;
        texture[static_cast<size_t>(row) * grid_columns_ + column] += static_cast<double>(
            loss.energy({left - area.x, top - area.y, width, height}));
      }
    }
  }

  const CodedFrame& frame_;
  int plane_, grid_columns_;
  bool lanes_;
  std::vector<int> columns_, rows_, column_of_, row_of_;
  LaneLoss lane_loss_;
  BlockLoss block_loss_;
};

}  // namespace

std::vector<double> measure_texture(const CodedFrame& frame, const PatchGrid& grid) {
  std::vector<double> texture;
  for (int p = 0; p < kPlanes; ++p) {
    PlaneTexture plane(frame, grid, p);  // refuses a grid that does not fit
    texture.resize(grid.count(), 0.0);
    for (const Block& block : frame.blocks)
      if (!block.skip || !block.inter || !block.usable) plane.add(block, texture);
  }
  for (double& value : texture) value /= static_cast<double>(kLossUnit) * kLossUnit;
  return texture;
}

}  // namespace palantir

#include "texture.h"

namespace palantir {

namespace {

constexpr int kMaxBlock = 64;
constexpr int kMaxHalf = kMaxBlock / 2;
// 2x2 sums carry a factor 4, the bilinear weights 3:1 in both directions another 16.
constexpr int kUnit = 64;

struct Tile {  // a block's part inside one plane
  int x, y, width, height;
};

// The signal to upscale and what halving and doubling it gives, in units of 1 and 1 / kUnit.
struct Scratch {
  int32_t signal[kMaxBlock][kMaxBlock];
  int32_t half[kMaxHalf][kMaxHalf];
  int32_t rows[kMaxHalf];  // one doubled row before it is doubled sideways
};

void halve(Scratch& s, int width, int height) {
  for (int y = 0; y < (height + 1) / 2; ++y) {
    const int32_t* top = s.signal[2 * y];
    const int32_t* bottom = s.signal[std::min(2 * y + 1, height - 1)];
    for (int x = 0; x < width / 2; ++x)
      s.half[y][x] = top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1];
    if (width & 1) s.half[y][width / 2] = 2 * (top[width - 1] + bottom[width - 1]);
  }
}

// Doubled row `y`, still of half width: 3 parts of the nearest half row, 1 of the next one.
void double_down(Scratch& s, int y, int half_width, int half_height) {
  const int near = y / 2;
  const int far = std::clamp(near + ((y & 1) ? 1 : -1), 0, half_height - 1);
  for (int x = 0; x < half_width; ++x) s.rows[x] = 3 * s.half[near][x] + s.half[far][x];
}

int64_t squared_loss(const Scratch& s, int y, int begin, int end, int half_width) {
  int64_t energy = 0;
  for (int x = begin; x < end; ++x) {
    const int near = x / 2;
    const int far = std::clamp(near + ((x & 1) ? 1 : -1), 0, half_width - 1);
    const int64_t loss = kUnit * s.signal[y][x] - (3 * s.rows[near] + s.rows[far]);
    energy += loss * loss;
  }
  return energy;
}

class PlaneTexture {
 public:
  PlaneTexture(const CodedFrame& frame, const PatchGrid& grid, int p)
      : frame_(frame),
        plane_(p),
        shift_x_(p ? frame.facts.subsampling_x : 0),
        shift_y_(p ? frame.facts.subsampling_y : 0),
        columns_(tile_edges(frame.facts.width, grid.columns, shift_x_)),
        rows_(tile_edges(frame.facts.height, grid.rows, shift_y_)) {}

  void add(const Block& block, std::vector<double>& texture) {
    Tile tile{block.x >> shift_x_, block.y >> shift_y_, block.width >> shift_x_,
              block.height >> shift_y_};
    tile.width = std::min(tile.width, columns_.back() - tile.x);
    tile.height = std::min(tile.height, rows_.back() - tile.y);
    if (tile.width <= 0 || tile.height <= 0) return;
    const bool residual = block.inter && block.usable;
    if (residual && block.skip) return;
    if (frame_.picture.deep)
      load<uint16_t>(tile, residual);
    else
      load<uint8_t>(tile, residual);
    accumulate(tile, texture);
  }

 private:
  template <class Sample>
  void load(const Tile& tile, bool residual) {
    const auto whole = frame_.reconstruction.plane<const Sample>(plane_);
    const auto predicted = frame_.prediction.plane<const Sample>(plane_);
    for (int y = 0; y < tile.height; ++y) {
      const Sample* a = whole.row(tile.y + y) + tile.x;
      const Sample* b = predicted.row(tile.y + y) + tile.x;
      for (int x = 0; x < tile.width; ++x) scratch_.signal[y][x] = residual ? a[x] - b[x] : a[x];
    }
  }

  void accumulate(const Tile& tile, std::vector<double>& texture) {
    const int half_width = (tile.width + 1) / 2, half_height = (tile.height + 1) / 2;
    const int grid_columns = static_cast<int>(columns_.size()) - 1;
    const int first = tile_of(columns_, tile.x);
    const int last = tile_of(columns_, tile.x + tile.width - 1);
    halve(scratch_, tile.width, tile.height);
    for (int y = 0; y < tile.height; ++y) {
      double* row = &texture[static_cast<size_t>(tile_of(rows_, tile.y + y)) * grid_columns];
      double_down(scratch_, y, half_width, half_height);
      for (int c = first; c <= last; ++c) {
        const int begin = std::max(columns_[c] - tile.x, 0);
        const int end = std::min(columns_[c + 1] - tile.x, tile.width);
        row[c] += static_cast<double>(squared_loss(scratch_, y, begin, end, half_width));
      }
    }
  }

  const CodedFrame& frame_;
  int plane_, shift_x_, shift_y_;
  std::vector<int> columns_, rows_;
  Scratch scratch_;
};

}  // namespace

std::vector<double> measure_texture(const CodedFrame& frame, const PatchGrid& grid) {
  std::vector<double> texture(grid.count(), 0.0);
  for (int p = 0; p < kPlanes; ++p) {
    PlaneTexture plane(frame, grid, p);
    for (const Block& block : frame.blocks) plane.add(block, texture);
  }
  for (double& value : texture) value /= static_cast<double>(kUnit) * kUnit;
  return texture;
}

}  // namespace palantir

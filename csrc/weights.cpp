#include "weights.h"

#include <algorithm>
#include <tuple>

namespace palantir {

namespace {

struct Span {  // part of a line of pixels that falls into one patch
  int patch;
  int pixels;
};

struct Count {
  int32_t patch, reference, source;
  int64_t half_pixels;

  auto key() const { return std::tie(patch, reference, source); }
};

// Cut [begin, begin + length) at the tile edges after clamping each position into the line.
void cut(const std::vector<int>& edges, int begin, int length, std::vector<Span>& spans) {
  spans.clear();
  const int parts = static_cast<int>(edges.size()) - 1;
  const int end = begin + length, last = edges.back();
  const int first = tile_of(edges, std::clamp(begin, 0, last - 1));
  for (int part = first; part < parts; ++part) {
    const int from = part == 0 ? begin : std::max(begin, edges[part]);
    const int to = part == parts - 1 ? end : std::min(end, edges[part + 1]);
    if (from >= to) break;
    spans.push_back({part, to - from});
  }
}

class WeightCounter {
 public:
  WeightCounter(const CodedFrame& frame, const PatchGrid& grid)
      : frame_(frame),
        grid_columns_(grid.columns),
        columns_(tile_edges(frame.facts.width, grid.columns)),
        rows_(tile_edges(frame.facts.height, grid.rows)),
        intra_pixels_(grid.count(), 0) {}

  PatchWeights run() {
    for (const Block& block : frame_.blocks) add(block);
    return {merge(), std::move(intra_pixels_)};
  }

 private:
  void add(const Block& block) {
    if (!block.inter || !block.usable || !block.split)
      return add_rectangle(block, 0, block.x, block.y, block.width, block.height);
    for (int quarter = 0; quarter < 4; ++quarter)
      add_rectangle(block, quarter, block.x + 4 * (quarter & 1), block.y + 4 * (quarter >> 1), 4,
                    4);
  }

  void add_rectangle(const Block& block, int quarter, int x, int y, int width, int height) {
    width = std::min(width, columns_.back() - x);
    height = std::min(height, rows_.back() - y);
    if (width <= 0 || height <= 0) return;
    cut(columns_, x, width, across_);
    cut(rows_, y, height, down_);
    int top = y;
    for (const Span& row : down_) {
      int left = x;
      for (const Span& column : across_) {
        add_part(block, quarter, row.patch * grid_columns_ + column.patch, left, top,
                 column.pixels, row.pixels);
        left += column.pixels;
      }
      top += row.pixels;
    }
  }

  // The part lies inside one patch.
  void add_part(const Block& block, int quarter, int patch, int x, int y, int width, int height) {
    if (!block.inter || !block.usable) {
      intra_pixels_[patch] += static_cast<int64_t>(width) * height;
      return;
    }
    for (int r = 0; r < block.inter; ++r) {
      const int16_t* mv = block.mv[r][quarter];
      cut(columns_, x + (mv[1] >> 3), width, source_across_);
      cut(rows_, y + (mv[0] >> 3), height, source_down_);
      for (const Span& row : source_down_)
        for (const Span& column : source_across_)
          counts_.push_back({patch, block.reference[r],
                             row.patch * grid_columns_ + column.patch,
                             static_cast<int64_t>(row.pixels) * column.pixels * (3 - block.inter)});
    }
  }

  double patch_pixels(int patch) const {
    const int row = patch / grid_columns_, column = patch % grid_columns_;
    return static_cast<double>(rows_[row + 1] - rows_[row]) *
           (columns_[column + 1] - columns_[column]);
  }

  std::vector<Edge> merge() {
    std::sort(counts_.begin(), counts_.end(),
              [](const Count& a, const Count& b) { return a.key() < b.key(); });
    std::vector<Edge> edges;
    for (size_t i = 0; i < counts_.size();) {
      int64_t half_pixels = 0;
      const Count& head = counts_[i];
      for (; i < counts_.size() && counts_[i].key() == head.key(); ++i)
        half_pixels += counts_[i].half_pixels;
      edges.push_back({head.patch, head.reference, head.source,
                       0.5 * static_cast<double>(half_pixels) / patch_pixels(head.source)});
    }
    return edges;
  }

  const CodedFrame& frame_;
  int grid_columns_;
  std::vector<int> columns_, rows_;
  std::vector<int64_t> intra_pixels_;
  std::vector<Count> counts_;
  std::vector<Span> across_, down_, source_across_, source_down_;
};

}  // namespace

PatchWeights measure_weights(const CodedFrame& frame, const PatchGrid& grid) {
  return WeightCounter(frame, grid).run();
}

}  // namespace palantir

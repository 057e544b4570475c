#include "weights.h"

#include <algorithm>
#include <array>

namespace palantir {

namespace {

struct Span {  // part of a run of pixels that falls into one patch
  int patch;
  int pixels;
};

// A run of up to kMaxBlock pixels cut at the tile edges, each position clamped into the line.
class Cut {
 public:
  void make(const std::vector<int>& edges, const std::vector<int>& tiles, int begin, int length) {
    const int last = edges.back() - 1;
    const int first_tile = tiles[std::clamp(begin, 0, last)];
    const int last_tile = tiles[std::clamp(begin + length - 1, 0, last)];
    count_ = 0;
    for (int tile = first_tile, from = begin; tile <= last_tile; ++tile) {
      const int to = tile == last_tile ? begin + length : edges[tile + 1];
      spans_[count_++] = {tile, to - from};
      from = to;
    }
  }

  const Span* begin() const { return spans_.data(); }
  const Span* end() const { return spans_.data() + count_; }

 private:
  std::array<Span, kMaxBlock> spans_;
  int count_ = 0;
};

// Half pixels of (patch, reference, source), each patch's in a list of its own: a patch refers to
// few others, mostly to the one that it referred to last.
class Counts {
 public:
  explicit Counts(int patches) : head_(patches, -1) { entries_.reserve(8 * head_.size()); }

  void add(int patch, int32_t reference, int32_t source, int half_pixels) {
    int* link = &head_[patch];
    for (int i = *link; i >= 0; link = &entries_[i].next, i = *link) {
      Entry& entry = entries_[i];
      if (entry.source != source || entry.reference != reference) continue;
      entry.half_pixels += half_pixels;
      if (link == &head_[patch]) return;
      *link = entry.next;
      entry.next = head_[patch];
      head_[patch] = i;
      return;
    }
    entries_.push_back({reference, source, head_[patch], half_pixels});
    head_[patch] = static_cast<int>(entries_.size()) - 1;
  }

  // All of them, sorted; `pixels_of` gives the size of a source patch.
  template <class PixelsOf>
  std::vector<Edge> edges(const PixelsOf& pixels_of) const {
    std::vector<Edge> edges;
    edges.reserve(entries_.size());
    for (size_t patch = 0; patch < head_.size(); ++patch) {
      const auto first = static_cast<std::ptrdiff_t>(edges.size());
      for (int i = head_[patch]; i >= 0; i = entries_[i].next) {
        const Entry& entry = entries_[i];
        edges.push_back({static_cast<int32_t>(patch), entry.reference, entry.source,
                         0.5 * static_cast<double>(entry.half_pixels) / pixels_of(entry.source)});
      }
      std::sort(edges.begin() + first, edges.end(), [](const Edge& a, const Edge& b) {
        return a.reference != b.reference ? a.reference < b.reference : a.source < b.source;
      });
    }
    return edges;
  }

 private:
  struct Entry {
    int32_t reference, source;
    int next;  // of the same patch, -1 at the end
    int64_t half_pixels;
  };

  std::vector<int> head_;
  std::vector<Entry> entries_;
};

class WeightCounter {
 public:
  WeightCounter(const CodedFrame& frame, const PatchGrid& grid)
      : frame_(frame),
        grid_columns_(grid.columns),
        columns_(tile_edges(frame.facts.width, grid.columns)),
        rows_(tile_edges(frame.facts.height, grid.rows)),
        column_of_(tiles_of(columns_)),
        row_of_(tiles_of(rows_)),
        intra_pixels_(grid.count(), 0),
        counts_(grid.count()) {}

  PatchWeights run() {
    for (const Block& block : frame_.blocks) add(block);
    return {counts_.edges([this](int patch) { return patch_pixels(patch); }),
            std::move(intra_pixels_)};
  }

 private:
  void add(const Block& block) {
    if (!block.inter || !block.usable || !block.split)
      return add_rectangle(block, 0, {block.x, block.y, block.width, block.height});
    for (int quarter = 0; quarter < 4; ++quarter)
      add_rectangle(block, quarter,
                    {block.x + 4 * (quarter & 1), block.y + 4 * (quarter >> 1), 4, 4});
  }

  void add_rectangle(const Block& block, int quarter, Area area) {
    area.width = std::min(area.width, columns_.back() - area.x);
    area.height = std::min(area.height, rows_.back() - area.y);
    if (area.empty()) return;
    across_.make(columns_, column_of_, area.x, area.width);
    down_.make(rows_, row_of_, area.y, area.height);
    int top = area.y;
    for (const Span& row : down_) {
      int left = area.x;
      for (const Span& column : across_) {
        add_part(block, quarter, row.patch * grid_columns_ + column.patch,
                 {left, top, column.pixels, row.pixels});
        left += column.pixels;
      }
      top += row.pixels;
    }
  }

  // The part lies inside one patch.
  void add_part(const Block& block, int quarter, int patch, const Area& part) {
    if (!block.inter || !block.usable) {
      intra_pixels_[patch] += static_cast<int64_t>(part.width) * part.height;
      return;
    }
    for (int r = 0; r < block.inter; ++r) {
      const int16_t* mv = block.mv[r][quarter];
      source_across_.make(columns_, column_of_, part.x + (mv[1] >> 3), part.width);
      source_down_.make(rows_, row_of_, part.y + (mv[0] >> 3), part.height);
      for (const Span& row : source_down_)
        for (const Span& column : source_across_)
          counts_.add(patch, block.reference[r], row.patch * grid_columns_ + column.patch,
                      row.pixels * column.pixels * (3 - block.inter));
    }
  }

  double patch_pixels(int patch) const {
    const int row = patch / grid_columns_, column = patch % grid_columns_;
    return static_cast<double>(rows_[row + 1] - rows_[row]) *
           (columns_[column + 1] - columns_[column]);
  }

  const CodedFrame& frame_;
  int grid_columns_;
  std::vector<int> columns_, rows_, column_of_, row_of_;
  std::vector<int64_t> intra_pixels_;
  Counts counts_;
  Cut across_, down_, source_across_, source_down_;
};

}  // namespace

PatchWeights measure_weights(const CodedFrame& frame, const PatchGrid& grid) {
  return WeightCounter(frame, grid).run();
}

}  // namespace palantir

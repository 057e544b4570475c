#include <algorithm>
#include <cstring>

#include "detail_motion.h"
#include "resample.h"
#include "reuse.h"

namespace palantir {

namespace {

int floor_divide(int a, int b) { return a / b - (a % b < 0); }

// Where detail arrives: of each plane, the cells in which a reference shows a live cell.
struct Arrivals {
  std::array<std::vector<uint8_t>, kPlanes> cells;
  std::vector<uint8_t> rows;  // in any plane
  int columns = 0;
};

// Reuse of one frame. Blocks that are reusable have all their cells in one plane visited once.
class DetailBuilder {
 public:
  DetailBuilder(const CodedFrame& frame, const DetailReferences& references, int scale,
                const std::vector<Area>& anchors)
      : frame_(frame), references_(references), scale_(scale) {
    arrivals_.columns = (frame.facts.width + kCell - 1) / kCell;
    const int rows = (frame.facts.height + kCell - 1) / kCell;
    arrivals_.rows.assign(rows, 0);
    skipped_.assign(static_cast<size_t>(arrivals_.columns) * rows, 0);
    for (auto& cells : arrivals_.cells) cells.assign(skipped_.size(), 0);
    for (const Area& anchor : anchors) skip(anchor);
    for (const Block& block : frame.blocks)
      if (is_reusable(block))
        for (int p = 0; p < kPlanes; ++p) note_arrivals(block, p);
  }

  const Arrivals& arrivals() const { return arrivals_; }
  bool any() const {
    return std::any_of(arrivals_.rows.begin(), arrivals_.rows.end(), [](auto row) { return row; });
  }

  void build(const Confidence& confidence, DetailFrame& detail) {
    for (int p = 0; p < kPlanes; ++p) {
      if (has_arrivals_[p])
        for (const Block& block : frame_.blocks)
          if (is_reusable(block)) build_block(block, p, confidence.plane(p), detail.planes[p]);
      detail.planes[p].finish_rows(0, detail.planes[p].rows());
    }
  }

 private:
  const DetailFrame* reference_of(const Block& block, int r) const {
    const auto found = references_.find(block.reference[r]);
    return found == references_.end() ? nullptr : found->second.get();
  }

  bool is_reusable(const Block& block) const {
    if (!block.inter || !block.usable) return false;
    // A compound block one of whose references has no detail reuses half of the other's.
    return reference_of(block, 0) || (block.inter > 1 && reference_of(block, 1));
  }

  void skip(const Area& anchor) {
    const int bottom = anchor.y + anchor.height, right = anchor.x + anchor.width;
    for (int row = 0; row < static_cast<int>(arrivals_.rows.size()); ++row)
      for (int column = 0; column < arrivals_.columns; ++column)
        if (row * kCell >= anchor.y && column * kCell >= anchor.x &&
            std::min((row + 1) * kCell, frame_.facts.height) <= bottom &&
            std::min((column + 1) * kCell, frame_.facts.width) <= right)
          skipped_[static_cast<size_t>(row) * arrivals_.columns + column] = 1;
  }

  // Marks the block's cells whose reference shows a live cell.
  void note_arrivals(const Block& block, int p) {
    for (int r = 0; r < block.inter; ++r) {
      const DetailFrame* reference = reference_of(block, r);
      if (!reference || !reference->planes[p].live_cells()) continue;
      for_each_part(frame_, block, r, p, scale_, [&](const MotionPart& part) {
        note_part(part, reference->planes[p], p);
      });
    }
  }

  void note_part(const MotionPart& part, const DetailPlane& plane, int p) {
    const int side = plane.side();
    const int dx = part.vector_x >> 4, dy = part.vector_y >> 4;
    // The filter's margins are taken as needed always: a cell too many costs little.
    const int left = floor_divide(part.x + dx - 1, side);
    const int top = floor_divide(part.y + dy - 1, side);
    const int right = floor_divide(part.x + dx + part.width + 1, side);
    const int bottom = floor_divide(part.y + dy + part.height + 1, side);
    if (!plane.any_live(left, top, right, bottom)) return;
    const int reach_x = floor_divide(part.x + dx + std::min(part.width, side) + 1, side) - left;
    const int reach_y = floor_divide(part.y + dy + std::min(part.height, side) + 1, side) - top;
    const int column = part.x / side, row = part.y / side;
    for (int j = 0; j * side < part.height; ++j)
      for (int i = 0; i * side < part.width; ++i) {
        const size_t at = static_cast<size_t>(row + j) * arrivals_.columns + column + i;
        if (skipped_[at] ||
            !plane.any_live(left + i, top + j, left + i + reach_x, top + j + reach_y))
          continue;
        arrivals_.cells[p][at] = arrivals_.rows[row + j] = 1;
        has_arrivals_[p] = true;
      }
  }

  void build_block(const Block& block, int p, const Plane<const uint16_t>& confidence,
                   DetailPlane& out) {
    const Area area = area_of(frame_, block, p);
    const int cell = p ? kCell / 2 : kCell;
    const Shift shift = shift_of(block, p);
    for (int y = 0; y < area.height; y += cell)
      for (int x = 0; x < area.width; x += cell) {
        const int column = (area.x + x) / cell, row = (area.y + y) / cell;
        if (!arrivals_.cells[p][static_cast<size_t>(row) * arrivals_.columns + column]) continue;
        const int width = std::min(cell, area.width - x), height = std::min(cell, area.height - y);
        const Area part{area.x + x, area.y + y, width, height};
        const CellSource source = shift.source_of(part, scale_);
        if (source.data) fade_cell(source, p, part, confidence, out);
        else build_cell(block, p, part, confidence, out);
      }
  }

  // The common case: one vector, of whole SR samples, from one reference.
  struct Shift {
    Plane<const int8_t> plane;  // null: another case
    int x = 0, y = 0;

    // None where it reaches out of the picture.
    CellSource source_of(const Area& cell, int scale) const {
      const int left = cell.x * scale + x, top = cell.y * scale + y;
      if (!plane.data || left < 0 || top < 0 || left + cell.width * scale > plane.width ||
          top + cell.height * scale > plane.height)
        return {};
      return {plane.row(top) + left, plane.stride};
    }
  };

  Shift shift_of(const Block& block, int p) const {
    const int unit = p ? scale_ : 2 * scale_;
    const int x = block.mv[0][0][1] * unit, y = block.mv[0][0][0] * unit;
    if (block.split || block.inter > 1 || x % 16 || y % 16) return {};
    return {reference_of(block, 0)->planes[p].samples(), x / 16, y / 16};
  }

  void build_cell(const Block& block, int p, const Area& cell,
                  const Plane<const uint16_t>& confidence, DetailPlane& out) {
    thread_local CellRoom rooms[2];
    CellSource source = predict(block, 0, p, cell, rooms[0]);
    if (block.inter > 1) {
      const CellSource other = predict(block, 1, p, cell, rooms[1]);
      for (int y = 0; y < cell.height * scale_; ++y)
        row_kernels().average(source.data + y * source.stride, other.data + y * other.stride,
                              cell.width * scale_, rooms[0].samples + y * CellRoom::kStride);
      source = {rooms[0].samples, CellRoom::kStride};
    }
    fade_cell(source, p, cell, confidence, out);
  }

  void fade_cell(const CellSource& source, int p, const Area& cell,
                 const Plane<const uint16_t>& confidence, DetailPlane& out) {
    const Plane<int8_t> samples = out.samples();
    const int side = p ? kCell / 2 : kCell;
    const int greatest = row_kernels().fade(
        source.data, source.stride, confidence.row(cell.y) + cell.x, confidence.stride, side,
        cell.height, scale_, samples.row(cell.y * scale_) + cell.x * scale_, samples.stride);
    out.finish_cell(cell.x / side, cell.y / side, greatest);
  }

  // Detail of one reference over a cell.
  CellSource predict(const Block& block, int r, int p, const Area& cell, CellRoom& room) {
    const DetailFrame* reference = reference_of(block, r);
    if (!reference) {
      std::memset(room.samples, 0, sizeof room.samples);
      return {room.samples, CellRoom::kStride};
    }
    const Plane<const int8_t> plane = reference->planes[p].samples();
    CellSource source;
    for_each_part(frame_, block, r, p, scale_, [&](const MotionPart& part) {
      MotionPart cut = part;
      cut.x = std::max(part.x, cell.x * scale_);
      cut.y = std::max(part.y, cell.y * scale_);
      cut.width = std::min(part.x + part.width, (cell.x + cell.width) * scale_) - cut.x;
      cut.height = std::min(part.y + part.height, (cell.y + cell.height) * scale_) - cut.y;
      if (!block.split || p) {
        source = displace(plane, cut, room);
        return;
      }
      thread_local CellRoom quarter;
      const CellSource from = displace(plane, cut, quarter);
      int8_t* to = room.samples + (cut.y - cell.y * scale_) * CellRoom::kStride +
                   (cut.x - cell.x * scale_);
      for (int y = 0; y < cut.height; ++y)
        std::memcpy(to + y * CellRoom::kStride, from.data + y * from.stride, cut.width);
      source = {room.samples, CellRoom::kStride};
    });
    return source;
  }

  const CodedFrame& frame_;
  const DetailReferences& references_;
  int scale_;
  Arrivals arrivals_;
  std::array<bool, kPlanes> has_arrivals_{};
  std::vector<uint8_t> skipped_;  // cells that anchors will fill
};

}  // namespace

std::shared_ptr<DetailFrame> reuse_detail(const CodedFrame& frame,
                                          const DetailReferences& references, int scale,
                                          const FadeTable& table, const std::vector<Area>& anchors,
                                          BufferPool& pool) {
  DetailReferences usable;
  int bits = kMaxDetailBits;
  for (const auto& [index, reference] : references)
    if (reference->fits(frame, scale)) {
      usable.emplace(index, reference);
      bits = std::min(bits, reference->bits);
    }
  for (auto& [index, reference] : usable)
    if (reference->bits > bits)
      reference = std::make_shared<DetailFrame>(reference->coarser(pool, frame, bits));
  DetailBuilder builder(frame, usable, scale, anchors);
  if (!builder.any()) return nullptr;
  const Confidence confidence(frame, table, builder.arrivals().rows, pool);
  auto detail = std::make_shared<DetailFrame>(pool, frame, scale, bits);
  builder.build(confidence, *detail);
  return detail;
}

void render_detail(const CodedFrame& frame, const DetailFrame* detail, int scale,
                   const Planes<uint8_t>& sr) {
  for (int p = 0; p < kPlanes; ++p) {
    const auto in = frame.picture.plane<const uint8_t>(p);
    SparseDetail sparse;
    if (detail && detail->planes[p].live_cells())
      sparse = {detail->planes[p].samples(), detail->planes[p].live_row(0), kOne >> detail->bits,
                detail->planes[p].columns(), p ? kCell / 2 : kCell};
    enlarge(in, scale, sparse, 0, in.height, sr[p]);
  }
  if (!detail) return;
  for (const AnchorPixels& anchor : detail->anchors)
    for (int y = 0; y < anchor.height; ++y)
      std::memcpy(sr[anchor.plane].row(anchor.y + y) + anchor.x,
                  anchor.pixels.get() + static_cast<size_t>(y) * anchor.width, anchor.width);
}

}  // namespace palantir

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "resample.h"
#include "reuse.h"

namespace palantir {

namespace {

// The detail that one row of spots shows in a plane, and its weights, in SR rows.
class DetailRows {
 public:
  DetailRows(const DetailMap& map, int p)
      : map_(map), p_(p), width_(map.source.width), scale_(map.scale()),
        side_(p ? scale_ : kSpot * scale_),
        stride_(static_cast<std::ptrdiff_t>(width_) * side_ + kSlack),
        rows_((side_ + 1) * stride_) {}

  // Takes row `y` of spots; false if it has no detail.
  bool take(int y) {
    if (!map_.is_live(y)) return false;
    const MapRow row = map_.row(y);
    row_kernels().spread(row.confidence, width_, side_, &rows_[side_ * stride_]);
    bool any = false;
    for (int x = row.next_live(0, width_); x < width_; x = row.next_live(x, width_))
      x += take_spots(row.from(x), x, y, any);
    return any;
  }

  const int16_t* detail(int k) const { return &rows_[k * stride_]; }
  const int16_t* weights() const { return detail(side_); }

 private:
  static constexpr int kAtOnce = 64;

  // Spots from (x, y) on that find their detail in the same tile; how many.
  int take_spots(const MapRow& from, int x, int y, bool& any) {
    const int left = x * side_ + samples(*from.across), top = y * side_ + samples(*from.down);
    const DetailSource& source = source_named(*from.source);
    const DetailTile* tile = tile_with(source, left, top);
    int16_t* out = &rows_[static_cast<size_t>(x) * side_];
    if (!tile) {
      const bool found = piece_together(source, left, top, out);
      if (!found) std::fill_n(&rows_[side_ * stride_ + x * side_], side_, int16_t{0});
      any |= found;
      return 1;
    }
    const Area& area = tile->area;
    const SpotFrame frame{area.x,     area.y, area.x + area.width - side_,
                          area.y + area.height - side_, area.width, side_, scale_, p_ ? 4 : 3};
    int32_t offset[kAtOnce];
    uint8_t stop[kAtOnce];
    int count = std::min(kAtOnce, width_ - x);
    row_kernels().place(from, frame, x, y, count, offset, stop);
    const void* stopped = std::memchr(stop, 1, count);
    if (stopped) count = static_cast<int>(static_cast<const uint8_t*>(stopped) - stop);
    // May lie outside the tile, unlike what is read.
    const auto base = reinterpret_cast<uintptr_t>(tile->bytes.get()) +
                      ((static_cast<std::ptrdiff_t>(y) * side_ - area.y) * area.width - area.x) *
                          static_cast<std::ptrdiff_t>(sizeof(int16_t));
    copy_spots(base, area.width, offset, count, out);
    any = true;
    return count;
  }

  void copy_spots(uintptr_t base, int stride, const int32_t* offset, int count, int16_t* out) {
    switch (side_) {
      case 1: return copy_sides<1>(base, stride, offset, count, out);
      case 2: return copy_sides<2>(base, stride, offset, count, out);
      case 3: return copy_sides<3>(base, stride, offset, count, out);
      case 4: return copy_sides<4>(base, stride, offset, count, out);
      case 6: return copy_sides<6>(base, stride, offset, count, out);
      default: return copy_sides<8>(base, stride, offset, count, out);
    }
  }

  template <int side>
  void copy_sides(uintptr_t base, std::ptrdiff_t stride, const int32_t* offset, int count,
                  int16_t* out) const {
    const std::ptrdiff_t out_stride = stride_;
    for (int i = 0; i < count; ++i, out += side) {
      const auto* from = reinterpret_cast<const int16_t*>(
          base + static_cast<std::ptrdiff_t>(offset[i]) * sizeof(int16_t));
      for (int k = 0; k < side; ++k)
        std::memcpy(out + k * out_stride, from + k * stride, side * sizeof *out);
    }
  }

  // A displacement in SR samples of this plane, to the nearest.
  int samples(int displacement) const {
    const int shift = p_ ? 4 : 3;
    return (displacement * scale_ + (1 << shift >> 1)) >> shift;
  }

  const DetailSource& source_named(uint16_t name) {
    if (!source_ || DetailMap::name_of(source_->index()) != name) source_ = map_.source_named(name);
    return *source_;
  }

  // Null if no tile has all of the spot.
  const DetailTile* tile_with(const DetailSource& source, int left, int top) const {
    for (const DetailTile& tile : source.tiles(p_)) {
      const Area& area = tile.area;
      if (left >= area.x && top >= area.y && left + side_ <= area.x + area.width &&
          top + side_ <= area.y + area.height)
        return &tile;
    }
    return nullptr;
  }

  // A spot that leaves its tile: there is no detail outside. Whether anything is inside.
  bool piece_together(const DetailSource& source, int left, int top, int16_t* out) const {
    for (int k = 0; k < side_; ++k) std::fill_n(out + k * stride_, side_, int16_t{0});
    bool any = false;
    for (const DetailTile& tile : source.tiles(p_)) {
      const Area& area = tile.area;
      const int right = std::min(left + side_, area.x + area.width);
      const int bottom = std::min(top + side_, area.y + area.height);
      for (int y = std::max(top, area.y); y < bottom; ++y)
        for (int x = std::max(left, area.x); x < right; ++x) {
          out[(y - top) * stride_ + x - left] = tile.row(y)[x - area.x];
          any = true;
        }
    }
    return any;
  }

  const DetailMap& map_;
  int p_, width_, scale_, side_;  // of a spot, in SR samples
  std::ptrdiff_t stride_;
  std::vector<int16_t> rows_;  // `side` rows of detail, then the weights of each of them
  const DetailSource* source_ = nullptr;  // of the last spot
};

}  // namespace

void render_detail(const CodedFrame& frame, const DetailMap* map, int scale, const FilterBank* bank,
                   int p, int begin, int end, const Plane<uint8_t>& sr) {
  const auto in = frame.picture.plane<const uint8_t>(p);
  Enlarger enlarger(in, scale, p ? nullptr : bank);
  std::optional<DetailRows> rows;
  if (map && map->has_tiles(p)) rows.emplace(*map, p);
  const int side = p ? scale : kSpot * scale;
  for (int y = begin; y < end; ++y) {
    const bool live = rows && rows->take(y);
    for (int k = 0; k < side && y * side + k < sr.height; ++k) {
      const int row = y * side + k;
      if (live)
        enlarger.row(row, rows->detail(k), rows->weights(), sr.row(row));
      else
        enlarger.row(row, sr.row(row));
    }
  }
}

}  // namespace palantir

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "confidence.h"
#include "motion.h"
#include "parallel.h"
#include "reuse.h"
#include "simd.h"

namespace palantir {

namespace {

// Where spots of a block lie in a reference, and the vector in 1/8 LR pixel.
struct Move {
  Area area;
  int x, y;  // of the nearest spots
  int vector_down, vector_across;
};

// Nearest spots are found with these offsets in turn (1/8 LR pixel): slow motion would otherwise
// leave the borders of what has detail where they are. `age`: coded frames since the oldest source,
// which is the same wherever decoding began.
int rounding_of(int32_t age) {
  constexpr int offsets[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
  return offsets[age & 15];
}

Area spots_of(const Area& pixels) {
  const int x = pixels.x / kSpot, y = pixels.y / kSpot;
  return {x, y, spots(pixels.x + pixels.width) - x, spots(pixels.y + pixels.height) - y};
}

// Where the block leaves the picture, its edge stands for what lies beyond.
void follow_clamped(const DetailMap& from, const Move& move, DetailMap& to) {
  for (int j = 0; j < move.area.height; ++j) {
    const int y = move.area.y + j, from_y = std::clamp(move.y + j, 0, from.source.height - 1);
    for (int i = 0; i < move.area.width; ++i) {
      const int x = move.area.x + i, from_x = std::clamp(move.x + i, 0, from.source.width - 1);
      to.source.row(y)[x] = from.source.row(from_y)[from_x];
      to.down.row(y)[x] = static_cast<int16_t>(from.down.row(from_y)[from_x] + move.vector_down);
      to.across.row(y)[x] =
          static_cast<int16_t>(from.across.row(from_y)[from_x] + move.vector_across);
      to.confidence.row(y)[x] = from.confidence.row(from_y)[from_x];
    }
  }
}

void follow(const DetailMap& from, const Move& move, DetailMap& to) {
  const Area& area = move.area;
  if (move.x < 0 || move.y < 0 || move.x + area.width > from.source.width ||
      move.y + area.height > from.source.height)
    return follow_clamped(from, move, to);
  const auto shift = [&](const auto& in, const auto& out, int added) {
    row_kernels().shift(reinterpret_cast<const uint16_t*>(in.row(move.y) + move.x), in.stride,
                        added, area.width, area.height,
                        reinterpret_cast<uint16_t*>(out.row(area.y) + area.x), out.stride);
  };
  shift(from.source, to.source, 0);
  shift(from.down, to.down, move.vector_down);
  shift(from.across, to.across, move.vector_across);
  shift(from.confidence, to.confidence, 0);
}

void forget(const Area& area, DetailMap& map) {
  for (int j = 0; j < area.height; ++j)
    std::memset(map.confidence.row(area.y + j) + area.x, 0, area.width * sizeof(uint16_t));
}

// Pixels of `other` where it is the more confident.
PALANTIR_CLONES
void take_better(const DetailMap& other, const Area& area, DetailMap& map) {
  for (int y = area.y; y < area.y + area.height; ++y)
    for (int x = area.x; x < area.x + area.width; ++x) {
      const bool better = other.confidence.row(y)[x] > map.confidence.row(y)[x];
      if (!better) continue;
      map.source.row(y)[x] = other.source.row(y)[x];
      map.down.row(y)[x] = other.down.row(y)[x];
      map.across.row(y)[x] = other.across.row(y)[x];
      map.confidence.row(y)[x] = other.confidence.row(y)[x];
    }
}

PALANTIR_CLONES
bool has_any(const uint16_t* confidence, int width) {
  uint16_t any = 0;
  for (int x = 0; x < width; ++x) any |= confidence[x];
  return any;
}

class MapBuilder {
 public:
  MapBuilder(const CodedFrame& frame, const DetailReferences& references, int scale,
             double fade, BufferPool& pool)
      : frame_(frame), fade_(fade), pool_(pool), scale_(scale) {
    for (const auto& [index, map] : references)
      if (map->fits(frame, scale)) references_.emplace(index, map);
    for (const auto& [index, map] : references_)
      oldest_ = std::min(oldest_, map->sources().front()->index());
    map_ = fresh();
  }

  // Before the first rows are propagated; there are references.
  void prepare() {
    for (const auto& [name, source] : known_sources())
      sums_.emplace_back(DetailMap::name_of(name), &source->sums());
    const int width = map_->source.width, height = map_->source.height;
    measured_bytes_ = pool_.take((width + 2) * sizeof(uint16_t) * static_cast<size_t>(height));
    measured_ = {reinterpret_cast<uint16_t*>(measured_bytes_.get()), width + 2, width, height};
    const auto& blocks = frame_.blocks;
    if (std::any_of(blocks.begin(), blocks.end(), [](const Block& b) { return b.inter > 1; }))
      other_ = fresh();
  }

  // Rows `begin` to `end` of spots. Several threads may call, for different rows.
  void propagate(int begin, int end) {
    for (const Block& block : frame_.blocks) {
      const Area whole = spots_of(area_of(frame_, block, 0));
      const int top = std::max(whole.y, begin), bottom = std::min(whole.y + whole.height, end);
      if (whole.width > 0 && top < bottom)
        follow_block(block, {whole.x, top, whole.width, bottom - top});
    }
    Confidence trust(frame_, sums_, fade_);
    for (int y = begin; y < end; ++y) {
      const bool live = has_any(map_->confidence.row(y), map_->source.width);
      map_->set_live(y, live);
      measure(y, live ? &trust : nullptr);
    }
  }

  // The same once all rows are propagated: spots have confidence as they and those around them
  // show what their sources show.
  void settle(int begin, int end) {
    const int width = map_->source.width, last = map_->source.height - 1;
    std::vector<uint16_t> sums(width + 2), mean(width);
    for (int y = begin; y < end; ++y) {
      if (!map_->is_live(y)) continue;
      row_kernels().smooth(measured_.row(std::max(y - 1, 0)), measured_.row(y),
                           measured_.row(std::min(y + 1, last)), width, sums.data(),
                           mean.data());
      map_->set_live(y, row_kernels().settle(map_->down.row(y), map_->across.row(y),
                                             measured_.row(y) + 1, mean.data(), y, width,
                                             last + 1, map_->confidence.row(y)));
    }
  }

  void clear() {
    forget({0, 0, map_->source.width, map_->source.height}, *map_);
  }

  std::shared_ptr<DetailMap> finish(std::shared_ptr<const DetailSource> own) {
    DetailMap::Sources candidates;
    for (const auto& [index, source] : known_sources())
      if (frame_.facts.index - index > kOldest) map_->drop(DetailMap::name_of(index));
      else candidates.push_back(source);
    if (own) {
      for (const Area& anchor : own->anchors()) set_anchor(anchor);
      candidates.push_back(std::move(own));
    }
    map_->keep_sources(candidates);
    return map_->sources().empty() ? nullptr : map_;
  }

  bool has_references() const { return !references_.empty(); }

 private:
  std::map<int32_t, std::shared_ptr<const DetailSource>> known_sources() const {
    std::map<int32_t, std::shared_ptr<const DetailSource>> known;
    for (const auto& [index, map] : references_)
      for (const auto& source : map->sources()) known.emplace(source->index(), source);
    return known;
  }

  void set_anchor(const Area& pixels) {
    const Area area = spots_of(pixels);
    for (int y = area.y; y < area.y + area.height; ++y) {
      std::fill_n(map_->source.row(y) + area.x, area.width, DetailMap::name_of(frame_.facts.index));
      std::fill_n(map_->down.row(y) + area.x, area.width, int16_t{0});
      std::fill_n(map_->across.row(y) + area.x, area.width, int16_t{0});
      std::fill_n(map_->confidence.row(y) + area.x, area.width, uint16_t{kFullConfidence});
      map_->set_live(y, true);
    }
  }

  std::shared_ptr<DetailMap> fresh() const {
    return std::make_shared<DetailMap>(pool_, frame_, scale_);
  }

  const DetailMap* reference_of(const Block& block, int r) const {
    if (r >= block.inter || !block.usable) return nullptr;
    const auto found = references_.find(block.reference[r]);
    return found == references_.end() ? nullptr : found->second.get();
  }

  // Row `y` of `measured_`, without `trust` 0.
  void measure(int y, Confidence* trust) {
    uint16_t* out = measured_.row(y) + 1;
    if (!trust) std::fill_n(out - 1, measured_.stride, uint16_t{0});
    else trust->measure(y, map_->row(y), out);
    out[-1] = out[0];
    out[measured_.width] = out[measured_.width - 1];
  }

  void follow_block(const Block& block, const Area& area) {
    const DetailMap *first = reference_of(block, 0), *second = reference_of(block, 1);
    if (!first && !second) return forget(area, *map_);
    if (first) follow_parts(*first, block, 0, area, *map_);
    if (!second) return;
    if (!first) return follow_parts(*second, block, 1, area, *map_);
    follow_parts(*second, block, 1, area, *other_);
    take_better(*other_, area, *map_);
  }

  // The parts of a block with one vector each, as far as they lie in `area`.
  void follow_parts(const DetailMap& from, const Block& block, int r, const Area& area,
                    DetailMap& to) const {
    const int rounding = rounding_of(frame_.facts.index - oldest_);
    for_each_part(frame_, block, r, 0, 1, [&](const MotionPart& part) {
      Area cut = spots_of({part.x, part.y, part.width, part.height});
      const int top = std::max(cut.y, area.y);
      const int bottom = std::min(cut.y + cut.height, area.y + area.height);
      if (top >= bottom) return;
      cut = {cut.x, top, cut.width, bottom - top};
      const int across = part.vector_x / 2, down = part.vector_y / 2;  // they count sixteenths
      if (std::abs(across) > kFarthest || std::abs(down) > kFarthest) return forget(cut, to);
      follow(from,
             {cut, cut.x + ((across + rounding) >> 4), cut.y + ((down + rounding) >> 4), down,
              across},
             to);
    });
  }

  const CodedFrame& frame_;
  const double fade_;
  BufferPool& pool_;
  int scale_;
  DetailReferences references_;
  int32_t oldest_ = std::numeric_limits<int32_t>::max();  // source of theirs
  SourceSums sums_;
  BufferPool::Buffer measured_bytes_;
  Plane<uint16_t> measured_;  // confidence of spots by themselves; one more at both ends of rows
  std::shared_ptr<DetailMap> map_, other_;  // what compound blocks find in their second reference
};

}  // namespace

std::shared_ptr<DetailMap> reuse_detail(const CodedFrame& frame,
                                        const DetailReferences& references, int scale,
                                        double fade, std::shared_ptr<const DetailSource> source,
                                        BufferPool& pool, const Threads& threads) {
  const std::vector<Area> anchors = source ? source->anchors() : std::vector<Area>{};
  MapBuilder builder(frame, references, scale, fade, pool);
  const int height = frame.facts.height;
  const bool all = std::any_of(anchors.begin(), anchors.end(), [&](const Area& anchor) {
    return anchor.width == frame.facts.width && anchor.height == height;
  });
  const auto share = [&](void (MapBuilder::*step)(int, int)) {
    share_rows(threads, spots(height), [&](int begin, int end) { (builder.*step)(begin, end); });
  };
  if (!all && builder.has_references()) {
    builder.prepare();
    share(&MapBuilder::propagate);
    share(&MapBuilder::settle);
  } else if (anchors.empty()) {
    return nullptr;
  } else if (!all) {
    builder.clear();
  }
  return builder.finish(std::move(source));
}

}  // namespace palantir

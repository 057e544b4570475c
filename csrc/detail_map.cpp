#include "detail_map.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "row_kernels.h"

namespace palantir {

namespace {

Area box_around(const std::vector<Area>& areas) {
  if (areas.empty()) return {0, 0, 0, 0};
  Area box = areas.front();
  for (const Area& area : areas) {
    const int right = std::max(box.x + box.width, area.x + area.width);
    const int bottom = std::max(box.y + box.height, area.y + area.height);
    box.x = std::min(box.x, area.x);
    box.y = std::min(box.y, area.y);
    box.width = right - box.x;
    box.height = bottom - box.y;
  }
  return box;
}

}  // namespace

DetailSource::DetailSource(BufferPool& pool, const CodedFrame& frame, int scale,
                           std::vector<Area> anchors)
    : index_(frame.facts.index), scale_(scale), anchors_(std::move(anchors)),
      sums_(pool, frame.picture.plane<const uint8_t>(0), box_around(anchors_)) {
  for (int p = 0; p < kPlanes; ++p) {
    width_[p] = frame.facts.plane_width[p] * scale;
    height_[p] = frame.facts.plane_height[p] * scale;
  }
}

bool DetailSource::contains(int p, const Area& area) const {
  return area.x >= 0 && area.y >= 0 && !area.empty() && area.width <= width_[p] - area.x &&
         area.height <= height_[p] - area.y;
}

void DetailSource::add(BufferPool& pool, int p, int x, int y, const Plane<const int16_t>& detail) {
  const size_t width = detail.width, bytes = width * sizeof(int16_t);
  DetailTile tile{{x, y, detail.width, detail.height}, pool.take(bytes * detail.height + kSlack)};
  for (int j = 0; j < detail.height; ++j)
    std::memcpy(tile.bytes.get() + j * bytes, detail.row(j), bytes);
  tiles_[p].push_back(std::move(tile));
}

DetailMap::DetailMap(BufferPool& pool, const CodedFrame& frame, int scale)
    : scale_(scale), width_(frame.facts.width), height_(frame.facts.height),
      live_(spots(height_), 0) {
  const int width = spots(width_), height = spots(height_);
  const std::ptrdiff_t stride = (width + 31) & ~31;
  const size_t plane = static_cast<size_t>(stride) * height;
  bytes_ = pool.take(4 * plane * sizeof(uint16_t) + kSlack);
  auto* at = reinterpret_cast<uint16_t*>(bytes_.get());
  const auto displacement = [&](size_t offset) {
    return Plane<int16_t>{reinterpret_cast<int16_t*>(at + offset), stride, width, height};
  };
  source = {at, stride, width, height};
  down = displacement(plane);
  across = displacement(2 * plane);
  confidence = {at + 3 * plane, stride, width, height};
}

bool DetailMap::has_tiles(int p) const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [p](const auto& source) { return !source->tiles(p).empty(); });
}

const DetailSource* DetailMap::source_named(uint16_t name) const {
  for (const auto& known : sources_)
    if (name_of(known->index()) == name) return known.get();
  return nullptr;
}

void DetailMap::keep_sources(const Sources& candidates) {
  std::vector<uint8_t> named(1 << 16, 0);
  for (int y = 0; y < source.height; ++y) {
    if (!is_live(y)) continue;
    const MapRow row = this->row(y);
    for (int x = row.next_live(0, source.width); x < source.width;
         x = row.next_live(row.end_of_source(x, source.width), source.width))
      named[row.source[x]] = 1;
  }
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    const uint16_t name = name_of((*it)->index());
    if (!named[name]) continue;
    if (sources_.size() < kMostSources) sources_.push_back(*it);
    else drop(name);
  }
  std::reverse(sources_.begin(), sources_.end());
}

void DetailMap::drop(uint16_t name) {
  for (int y = 0; y < source.height; ++y) {
    if (!is_live(y)) continue;
    uint16_t any = 0;
    for (int x = 0; x < source.width; ++x) {
      uint16_t& trust = confidence.row(y)[x];
      if (source.row(y)[x] == name) trust = 0;
      any |= trust;
    }
    set_live(y, any != 0);
  }
}

}  // namespace palantir

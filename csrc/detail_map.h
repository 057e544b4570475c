// What is kept of a frame that was enhanced by detail reuse: for each spot of 2x2 LR luma pixels
// (one chroma pixel), where its detail comes from.
//
// Detail itself exists once, in the frame whose anchors it was made for (DetailSource); a map
// shares the sources that its spots name, and only those. Written by one thread, or by several that
// have rows of their own; once it is complete, any thread may read it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "buffer_pool.h"
#include "coded_frame.h"
#include "confidence.h"
#include "map_row.h"
#include "plane.h"

namespace palantir {

// Detail of an anchor in one plane, with kFractionBits: a rectangle of SR samples.
struct DetailTile {
  Area area;
  BufferPool::Buffer bytes;

  // Row `y` of the plane; `area.x` is at its begin. kSlack readable bytes follow each.
  const int16_t* row(int y) const {
    return reinterpret_cast<const int16_t*>(bytes.get()) +
           static_cast<std::ptrdiff_t>(y - area.y) * area.width;
  }
};

// All detail of one frame's anchors, which are rectangles of LR luma pixels.
class DetailSource {
 public:
  DetailSource(BufferPool& pool, const CodedFrame& frame, int scale,
               std::vector<Area> anchors);

  int32_t index() const { return index_; }  // of the frame
  const std::vector<Area>& anchors() const { return anchors_; }
  int scale() const { return scale_; }
  const std::vector<DetailTile>& tiles(int p) const { return tiles_[p]; }
  // What the frame showed about its anchors: for confidence in their detail.
  const PixelSums& sums() const { return sums_; }
  // Whether a rectangle of SR samples lies in plane `p`.
  bool contains(int p, const Area& area) const;

  void add(BufferPool& pool, int p, int x, int y, const Plane<const int16_t>& detail);

 private:
  int32_t index_;
  int scale_;
  std::vector<Area> anchors_;
  std::array<int, kPlanes> width_, height_;  // of the SR planes
  std::array<std::vector<DetailTile>, kPlanes> tiles_;
  PixelSums sums_;
};

// Sources of one map; beyond them the oldest are dropped.
constexpr size_t kMostSources = 255;
// How many coded frames a source may serve: then its name comes again.
constexpr int kOldest = 65535;

// For each spot the source, as the low bits of its coded index, the displacement to what it shows
// there (1/8 LR pixel), and confidence; the rest is undefined where confidence is 0.
class DetailMap {
 public:
  using Sources = std::vector<std::shared_ptr<const DetailSource>>;  // by coded index

  DetailMap(BufferPool& pool, const CodedFrame& frame, int scale);

  int scale() const { return scale_; }
  bool fits(const CodedFrame& frame, int scale) const {
    return scale_ == scale && frame.facts.width == width_ && frame.facts.height == height_;
  }
  bool is_live(int y) const { return live_[y] != 0; }  // whether the row of spots has detail
  void set_live(int y, bool live) { live_[y] = live; }
  MapRow row(int y) const { return {source.row(y), confidence.row(y), down.row(y), across.row(y)}; }
  const Sources& sources() const { return sources_; }
  bool has_tiles(int p) const;  // of any source
  const DetailSource* source_named(uint16_t name) const;

  static uint16_t name_of(int32_t index) { return static_cast<uint16_t>(index); }

  // Keeps those of `candidates` (by coded index) that a spot names, the newest if there are too
  // many; spots that name the others lose their detail. All rows are complete.
  void keep_sources(const Sources& candidates);
  // Spots that name this source lose their detail.
  void drop(uint16_t name);

  Plane<uint16_t> source;
  Plane<int16_t> down, across;
  Plane<uint16_t> confidence;

 private:
  int scale_, width_, height_;  // of the frame
  BufferPool::Buffer bytes_;
  std::vector<uint8_t> live_;
  Sources sources_;
};

}  // namespace palantir

// Maps of detail without Python: what no stream at hand does, under the sanitizers.
#include "detail_map.h"

#include <algorithm>
#include <vector>

#include "expect.h"
#include "resample.h"
#include "reuse.h"

namespace {

using namespace palantir;

// A 4:2:0 frame that looks the same everywhere and always: trust is full.
CodedFrame frame_of(BufferPool& pool, int index, int width, int height,
                    std::vector<Block> blocks, uint8_t level = 90) {
  CodedFrame frame{};
  auto& facts = frame.facts;
  facts.index = index;
  facts.width = width;
  facts.height = height;
  facts.bit_depth = 8;
  facts.subsampling_x = facts.subsampling_y = 1;
  for (int p = 0; p < kPlanes; ++p) {
    facts.plane_width[p] = p ? (width + 1) / 2 : width;
    facts.plane_height[p] = p ? (height + 1) / 2 : height;
  }
  frame.picture = Picture(pool, facts);
  for (int p = 0; p < kPlanes; ++p) {
    const auto plane = frame.picture.plane<uint8_t>(p);
    std::fill(plane.data, plane.data + plane.stride * plane.height, level);
  }
  frame.blocks = std::move(blocks);
  return frame;
}

// Blocks of 64x64 over the frame, all with one vector into one reference.
std::vector<Block> blocks_of(int width, int height, int reference, int down, int across) {
  std::vector<Block> blocks;
  for (int y = 0; y < height; y += kMaxBlock)
    for (int x = 0; x < width; x += kMaxBlock) {
      Block block{};
      block.x = static_cast<uint16_t>(x);
      block.y = static_cast<uint16_t>(y);
      block.width = block.height = kMaxBlock;
      block.inter = block.usable = 1;
      block.reference[0] = reference;
      block.mv[0][0][0] = static_cast<int16_t>(down);
      block.mv[0][0][1] = static_cast<int16_t>(across);
      blocks.push_back(block);
    }
  return blocks;
}

std::shared_ptr<const DetailMap> enhance(BufferPool& pool, const CodedFrame& frame,
                                         const DetailReferences& references,
                                         const std::vector<Area>& anchors) {
  const auto source = std::make_shared<DetailSource>(pool, frame, 1, anchors);
  for (const Area& area : anchors) {
    const std::vector<int16_t> detail(static_cast<size_t>(area.width) * area.height,
                                      static_cast<int16_t>(640 + frame.facts.index));
    source->add(pool, 0, area.x, area.y, {detail.data(), area.width, area.width, area.height});
  }
  return reuse_detail(frame, references, 1, 2, source, pool);
}

void the_oldest_of_too_many_sources_goes() {
  constexpr int width = 160, height = 136, frames = 300;
  const auto pool = BufferPool::create();
  std::shared_ptr<const DetailMap> last;
  const auto corner = [](int t) { return Area{t % 20 * 8, t / 20 * 8, 8, 8}; };
  for (int t = 0; t < frames; ++t) {
    DetailReferences references;
    if (last) references.emplace(t - 1, last);
    const auto frame = frame_of(*pool, t, width, height, blocks_of(width, height, t - 1, 0, 0));
    last = enhance(*pool, frame, references, {corner(t)});
    expect(last->sources().size() == std::min<size_t>(t + 1, kMostSources), "as many as may be");
  }
  const int oldest = frames - static_cast<int>(kMostSources);
  expect(last->sources().front()->index() == oldest, "the newest are kept");
  for (int t = 0; t < frames; ++t) {
    const int x = corner(t).x / kSpot, y = corner(t).y / kSpot;
    expect((last->confidence.row(y)[x] > 0) == (t >= oldest), "and what they show");
  }
}

// Detail that goes `steps` frames by the same vector; the share of spots that are live.
double live_after(int steps, int across, int width, int first_left) {
  constexpr int height = 64;
  const auto pool = BufferPool::create();
  auto last = enhance(*pool, frame_of(*pool, 0, width, height, {}), {},
                      {{first_left, 0, width / 4, height}});
  for (int t = 1; t <= steps && last; ++t) {
    const auto frame =
        frame_of(*pool, t, width, height, blocks_of(width, height, t - 1, 0, across));
    last = enhance(*pool, frame, {{t - 1, last}}, {});
  }
  if (!last) return 0;
  int live = 0;
  for (int x = 0; x < last->source.width; ++x) live += last->confidence.row(0)[x] > 0;
  return 4.0 * live / last->source.width;
}

void slow_motion_takes_borders_along() {
  expect(live_after(64, 0, 256, 64) == 1, "what stands stays");
  // A quarter of a pixel a frame: 16 pixels, all of it still inside.
  expect(live_after(64, 2, 256, 64) == 1, "to the left");
  // 80 pixels to the left: 16 of 64 have left the picture.
  expect(live_after(320, 2, 256, 64) == 0.75, "as far as it should");
}

void detail_that_came_too_far_is_dropped() {
  expect(live_after(1, -16383, 8192, 0) == 1, "just not too far");
  expect(live_after(1, -16384, 8192, 0) == 0, "in one step");
  expect(live_after(2, -16000, 8192, 0) == 0, "in two steps");
}

// Brighter by 2 levels, then as before: in the middle 256 * (7/8)^8 = 88 of 256, squared. Of full
// confidence, 7/8.
void what_comes_between_does_not_count() {
  const auto pool = BufferPool::create();
  DetailReferences known;
  std::vector<int> confidence;
  for (int t = 0; t < 3; ++t) {
    const auto blocks = t ? blocks_of(64, 64, t - 1, 0, 0) : std::vector<Block>{};
    const auto frame = frame_of(*pool, t, 64, 64, blocks, t == 1 ? 92 : 90);
    const auto anchors = t ? std::vector<Area>{} : std::vector<Area>{{0, 0, 64, 64}};
    known[t] = enhance(*pool, frame, known, anchors);
    confidence.push_back(known[t]->confidence.row(5)[9]);
  }
  expect(confidence == std::vector<int>{kFullConfidence, 88 * 88 / 2 * 7 / 8, 28672},
         "confidence is of the source, not of the way");
}

void names_that_repeat_are_not_mixed_up() {
  const auto pool = BufferPool::create();
  const auto old = enhance(*pool, frame_of(*pool, 3, 64, 64, {}), {}, {{0, 0, 64, 64}});
  const auto frame = frame_of(*pool, 3 + (1 << 16), 64, 64, blocks_of(64, 64, 3, 0, 0));
  const auto map = enhance(*pool, frame, {{3, old}}, {{0, 0, 8, 8}});
  expect(map->sources().size() == 1, "only the newer source");
  expect(map->confidence.row(0)[0] == kFullConfidence, "its own detail");
  expect(map->confidence.row(20)[20] == 0, "none of the older one's");
}

}  // namespace

int main() {
  the_oldest_of_too_many_sources_goes();
  slow_motion_takes_borders_along();
  detail_that_came_too_far_is_dropped();
  what_comes_between_does_not_count();
  names_that_repeat_are_not_mixed_up();
  return failures > 0;
}

// Motion compensation at SR scale without Python: vectors as far as they go, compound and split
// blocks at once (no encoder at hand makes both in a small clip), under the sanitizers.
#include "motion.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "expect.h"
#include "resample.h"
#include "reuse.h"

namespace {

using namespace palantir;

int floor_divide(int a, int b) { return a / b - (a % b < 0); }

template <class Sample>
struct Samples {
  std::vector<Sample> values;
  int width = 0, height = 0;

  Samples(int width, int height)
      : values(static_cast<size_t>(width) * height), width(width), height(height) {}
  Plane<Sample> view() { return {values.data(), width, width, height}; }
  Plane<const Sample> view() const { return {values.data(), width, width, height}; }
  int at(int x, int y) const {
    return values[static_cast<size_t>(std::clamp(y, 0, height - 1)) * width +
                  std::clamp(x, 0, width - 1)];
  }
};

template <class Sample>
Samples<Sample> noise(int width, int height, int low, int high, unsigned seed) {
  std::mt19937 random(seed);
  Samples<Sample> samples(width, height);
  for (auto& value : samples.values)
    value = static_cast<Sample>(low + static_cast<int>(random() % (high - low + 1)));
  return samples;
}

// One pixel by the definition: eight rows filtered across, then their results filtered down.
int predicted(const Samples<uint8_t>& reference, int x, int y, int vector_x, int vector_y,
              int filter) {
  const auto* kernels = palantir_filter_kernels(filter);
  const int left = x + floor_divide(vector_x, 16), top = y + floor_divide(vector_y, 16);
  const auto* across = kernels[vector_x - 16 * floor_divide(vector_x, 16)];
  const auto* down = kernels[vector_y - 16 * floor_divide(vector_y, 16)];
  int total = 0;
  for (int j = 0; j < 8; ++j) {
    int row = 0;
    for (int i = 0; i < 8; ++i) row += across[i] * reference.at(left + i - 3, top + j - 3);
    total += down[j] * std::clamp(floor_divide(row + 64, 128), 0, 255);
  }
  return std::clamp(floor_divide(total + 64, 128), 0, 255);
}

void check(const Samples<uint8_t>& reference, const MotionPart& part, int filter) {
  Samples<uint8_t> out(part.width, part.height);
  compensate(reference.view(), part, filter, out.values.data(), out.width);
  bool same = true;
  for (int y = 0; y < part.height; ++y)
    for (int x = 0; x < part.width; ++x)
      same &= out.at(x, y) == predicted(reference, part.x + x, part.y + y, part.vector_x,
                                        part.vector_y, filter);
  expect(same, "compensation equals its definition");
}

void equals_the_definition() {
  const auto pixels = noise<uint8_t>(61, 37, 0, 255, 1);
  const int far = 32767 * 8;  // the largest vector at scale 4
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    const auto pick = [&](int low, int high) {
      return low + static_cast<int>(random() % (high - low + 1));
    };
    const MotionPart part{pick(0, 30), pick(0, 20), pick(1, 30), pick(1, 17),
                          pick(-900, 900), pick(-700, 700)};
    check(pixels, part, round % 4);
  }
  for (const int x : {-far - 8, -1, 0, 1, far})
    for (const int y : {-far - 8, -16, 0, 7, far}) {
      check(pixels, {0, 0, 61, 37, x, y}, 1);
    }
  const auto large = noise<uint8_t>(300, 280, 0, 255, 5);
  for (const int x : {-37, 0, 613}) check(large, {0, 0, 256, 256, x, 5}, 2);
}

// A 4:2:0 frame whose prediction always came true.
CodedFrame frame_of(BufferPool& pool, int width, int height, std::vector<Block> blocks) {
  CodedFrame frame{};
  auto& facts = frame.facts;
  facts.width = width;
  facts.height = height;
  facts.bit_depth = 8;
  facts.subsampling_x = facts.subsampling_y = 1;
  for (int p = 0; p < kPlanes; ++p) {
    facts.plane_width[p] = p ? (width + 1) / 2 : width;
    facts.plane_height[p] = p ? (height + 1) / 2 : height;
  }
  for (Picture* picture : {&frame.picture, &frame.prediction, &frame.reconstruction}) {
    *picture = Picture(pool, facts);
    for (int p = 0; p < kPlanes; ++p) {
      const auto plane = picture->plane<uint8_t>(p);
      std::fill(plane.data, plane.data + plane.stride * plane.height, uint8_t{90});
    }
  }
  frame.blocks = std::move(blocks);
  return frame;
}

Block compound_split() {
  Block block{};
  block.width = block.height = 8;
  block.inter = 2;
  block.split = block.skip = block.usable = 1;
  block.filter = 2;
  block.reference[0] = 3;
  block.reference[1] = 7;
  const int16_t vectors[2][4][2] = {{{-3, 5}, {17, -40}, {2, 2}, {-9, 120}},
                                    {{1, 0}, {0, -1}, {-70, 33}, {6, -6}}};
  std::copy_n(&vectors[0][0][0], 16, &block.mv[0][0][0]);
  return block;
}

int mean_vector(const Block& block, int reference, int axis) {
  int sum = 0;
  for (int q = 0; q < 4; ++q) sum += block.mv[reference][q][axis];
  return sum < 0 ? -((-sum + 2) / 4) : (sum + 2) / 4;
}

template <class Sample>
using Pictures = std::vector<Samples<Sample>>;

template <class Sample>
Pictures<Sample> pictures(const CodedFrame& frame, int scale, int low, int high, unsigned seed) {
  Pictures<Sample> made;
  for (int p = 0; p < kPlanes; ++p)
    made.push_back(noise<Sample>(frame.facts.plane_width[p] * scale,
                                 frame.facts.plane_height[p] * scale, low, high, seed + p));
  return made;
}

template <class Sample>
Planes<const Sample> views(const Pictures<Sample>& made) {
  return {made[0].view(), made[1].view(), made[2].view()};
}

int predicted(const Samples<uint8_t>& reference, int x, int y, int across, int down,
              const Block& block) {
  return predicted(reference, x, y, across, down, block.filter);
}

// What a compound block of four parts must become at one SR pixel of plane `p`.
template <class Sample>
int expected(const Block& block, const std::map<int, const Pictures<Sample>*>& references, int p,
             int scale, int x, int y) {
  int sum = 1;
  for (int r = 0; r < 2; ++r) {
    const auto found = references.find(block.reference[r]);
    if (found == references.end()) continue;
    const int quarter = (x / scale >= 4) + 2 * (y / scale >= 4);
    const int across = p ? mean_vector(block, r, 1) * scale : block.mv[r][quarter][1] * 2 * scale;
    const int down = p ? mean_vector(block, r, 0) * scale : block.mv[r][quarter][0] * 2 * scale;
    sum += predicted((*found->second)[p], x, y, across, down, block);
  }
  return floor_divide(sum, 2);
}

template <class Sample>
void check_block(const Block& block, const std::map<int, const Pictures<Sample>*>& references,
                 const Planes<Sample>& out, int scale) {
  bool same = true;
  for (int p = 0; p < kPlanes; ++p)
    for (int y = 0; y < out[p].height; ++y)
      for (int x = 0; x < out[p].width; ++x)
        same &= out[p].row(y)[x] == expected(block, references, p, scale, x, y);
  expect(same, "a compound block of four parts");
}

void compound_split_blocks() {
  const auto pool = BufferPool::create();
  for (const auto& [width, height] : {std::pair{8, 8}, {7, 5}, {3, 8}, {1, 1}})
    for (int scale = 1; scale <= 4; ++scale) {
      const Block block = compound_split();
      const CodedFrame frame = frame_of(*pool, width, height, {block});
      const auto c = pictures<uint8_t>(frame, scale, 0, 255, 40);
      const auto d = pictures<uint8_t>(frame, scale, 0, 255, 50);
      auto sr = pictures<uint8_t>(frame, scale, 0, 9, 60);
      const Planes<uint8_t> pixels{sr[0].view(), sr[1].view(), sr[2].view()};
      reuse_paper(frame, {{3, views(c)}, {7, views(d)}}, scale, pixels);
      check_block<uint8_t>(block, {{3, &c}, {7, &d}}, pixels, scale);
      reuse_paper(frame, {{3, views(c)}}, scale, pixels);  // upscaled like an intra block
      expect(std::all_of(sr[0].values.begin(), sr[0].values.end(),
                         [](uint8_t value) { return value == 90; }),
             "a block that lacks a reference shows the upscaled reconstruction");
    }
}

}  // namespace

int main() {
  equals_the_definition();
  compound_split_blocks();
  return failures > 0;
}

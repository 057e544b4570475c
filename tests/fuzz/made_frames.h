// Coded frames as a decoder could hand them out, made from an input's bytes: any partition, any
// references, any vectors, any pixels.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "coded_frame.h"
#include "input.h"

class FrameMaker {
 public:
  FrameMaker(Input& input, palantir::BufferPool& pool) : input_(input), pool_(pool) {}

  // 4:2:0 and 8 bits, or any format where `any_format`. References are earlier frames.
  palantir::CodedFrame make(int index, int width, int height, bool any_format) {
    using namespace palantir;
    CodedFrame frame{};
    auto& facts = frame.facts;
    facts.index = index;
    facts.width = width;
    facts.height = height;
    facts.subsampling_x = any_format ? input_.flag() : 1;
    facts.subsampling_y = any_format ? input_.flag() : 1;
    facts.high_bit_depth = any_format && input_.flag();
    facts.bit_depth = facts.high_bit_depth ? 10 : 8;
    for (int p = 0; p < kPlanes; ++p) {
      facts.plane_width[p] = p ? (width + facts.subsampling_x) >> facts.subsampling_x : width;
      facts.plane_height[p] = p ? (height + facts.subsampling_y) >> facts.subsampling_y : height;
    }
    for (Picture* picture : {&frame.picture, &frame.prediction, &frame.reconstruction}) {
      *picture = Picture(pool_, facts);
      paint(*picture);
    }
    for (int y = 0; y < height; y += kMaxBlock)
      for (int x = 0; x < width; x += kMaxBlock) divide(frame, x, y, kMaxBlock);
    std::stable_sort(frame.blocks.begin(), frame.blocks.end(), [](const Block& a, const Block& b) {
      return a.y != b.y ? a.y < b.y : a.x < b.x;
    });
    sizes_[index] = {width, height};
    return frame;
  }

 private:
  void paint(const palantir::Picture& picture) {
    std::minstd_rand random(input_.byte() + 1);
    const unsigned spread = 1u << input_.number(0, 8);
    for (int p = 0; p < palantir::kPlanes; ++p)
      for (int y = 0; y < picture.height[p]; ++y)
        for (int x = 0; x < picture.width[p]; ++x) {
          const auto value = static_cast<unsigned>(random()) % spread + 128 - spread / 2;
          if (picture.deep)
            picture.plane<uint16_t>(p).row(y)[x] = static_cast<uint16_t>(4 * value);
          else
            picture.plane<uint8_t>(p).row(y)[x] = static_cast<uint8_t>(std::min(value, 255u));
        }
  }

  // VP9's partitions: whole, two halves either way, or four quarters. Only parts that begin inside
  // the frame exist.
  void divide(palantir::CodedFrame& frame, int x, int y, int side) {
    if (x >= frame.facts.width || y >= frame.facts.height) return;
    const int half = side / 2, way = side > 8 ? input_.number(0, 3) : 0;
    switch (way) {
      case 0: return add(frame, x, y, side, side);
      case 1: add(frame, x, y, side, half); return add(frame, x, y + half, side, half);
      case 2: add(frame, x, y, half, side); return add(frame, x + half, y, half, side);
      default:
        for (int i = 0; i < 4; ++i) divide(frame, x + half * (i & 1), y + half * (i >> 1), half);
    }
  }

  void add(palantir::CodedFrame& frame, int x, int y, int width, int height) {
    if (x >= frame.facts.width || y >= frame.facts.height) return;
    palantir::Block block{};
    block.x = static_cast<uint16_t>(x);
    block.y = static_cast<uint16_t>(y);
    block.width = static_cast<uint8_t>(width);
    block.height = static_cast<uint8_t>(height);
    block.reference[0] = block.reference[1] = -1;
    block.skip = input_.flag();
    block.inter = sizes_.empty() ? 0 : static_cast<uint8_t>(input_.number(0, 2));
    if (block.inter) refer(frame, block);
    frame.blocks.push_back(block);
  }

  void refer(const palantir::CodedFrame& frame, palantir::Block& block) {
    block.filter = static_cast<uint8_t>(input_.number(0, 3));
    block.split = block.width == 8 && block.height == 8 && input_.flag();
    block.usable = 1;
    const int first = sizes_.begin()->first;
    for (int r = 0; r < block.inter; ++r) {
      const int reference = input_.number(first - 1, frame.facts.index - 1);
      const auto known = sizes_.find(reference);
      block.reference[r] = known == sizes_.end() ? -1 : reference;
      block.usable &= known != sizes_.end() && known->second.width == frame.facts.width &&
                      known->second.height == frame.facts.height;
      const int reach = 1 << input_.number(0, 14);
      for (int q = 0; q < 4; ++q)
        for (int axis = 0; axis < 2; ++axis)
          block.mv[r][q][axis] = q && !block.split
                                     ? block.mv[r][0][axis]
                                     : static_cast<int16_t>(input_.number(-reach + 1, reach - 1));
    }
  }

  struct Size {
    int width, height;
  };

  Input& input_;
  palantir::BufferPool& pool_;
  std::map<int, Size> sizes_;  // of the frames made so far
};

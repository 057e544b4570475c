// Texture and weights of frames made by hand, with answers worked out on paper.
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "expect.h"
#include "patch_detail.h"
#include "texture.h"
#include "weights.h"

namespace {

using namespace palantir;

Block block(int x, int y, int size, int inter = 0) {
  Block made{};
  made.x = static_cast<uint16_t>(x);
  made.y = static_cast<uint16_t>(y);
  made.width = made.height = static_cast<uint8_t>(size);
  made.inter = static_cast<uint8_t>(inter);
  made.usable = inter > 0;
  made.reference[0] = inter > 0 ? 4 : -1;
  made.reference[1] = inter > 1 ? 2 : -1;
  return made;
}

void set_vector(Block& made, int reference, int quarter, int row, int column) {
  made.mv[reference][quarter][0] = static_cast<int16_t>(row);
  made.mv[reference][quarter][1] = static_cast<int16_t>(column);
}

// A black frame of 4:4:4, number 5 of its stream.
CodedFrame frame(int width, int height, std::initializer_list<Block> blocks) {
  static const auto pool = BufferPool::create();
  CodedFrame made{};
  made.facts.index = 5;
  made.facts.width = width;
  made.facts.height = height;
  for (int p = 0; p < kPlanes; ++p) {
    made.facts.plane_width[p] = width;
    made.facts.plane_height[p] = height;
  }
  for (Picture* picture : {&made.picture, &made.prediction, &made.reconstruction}) {
    *picture = Picture(*pool, made.facts);
    for (int p = 0; p < kPlanes; ++p) {
      const auto plane = picture->plane<uint8_t>(p);
      std::memset(plane.data, 0, static_cast<size_t>(plane.stride) * height);
    }
  }
  made.blocks = blocks;
  return made;
}

bool is(const Edge& edge, int patch, int reference, int source, double weight) {
  return edge.patch == patch && edge.reference == reference && edge.source == source &&
         std::fabs(edge.weight - weight) < 1e-15;
}

void fraction_of_a_vector_is_dropped_downwards() {
  Block moved = block(0, 0, 8, 1);
  set_vector(moved, 0, 0, 0, -1);  // an eighth to the left: one column, clamped to the edge
  const auto left = measure_weights(frame(16, 8, {moved, block(8, 0, 8)}), {1, 2});
  expect(left.edges.size() == 1 && is(left.edges[0], 0, 4, 0, 1.0), "clamped at the left edge");
  set_vector(moved, 0, 0, 0, 15);  // one pixel and seven eighths to the right: one pixel
  const auto right = measure_weights(frame(16, 8, {moved, block(8, 0, 8)}), {1, 2});
  expect(right.edges.size() == 2 && is(right.edges[0], 0, 4, 0, 7.0 / 8) &&
             is(right.edges[1], 0, 4, 1, 1.0 / 8), "one column comes from the next patch");
  expect(right.intra_pixels == std::vector<int64_t>{0, 64}, "the other block is intra");
}

void compound_block_counts_half_for_each_reference() {
  Block compound = block(0, 0, 8, 2);
  set_vector(compound, 1, 0, 0, 64);  // the second reference lies one block to the right
  const auto measured = measure_weights(frame(16, 8, {compound, block(8, 0, 8)}), {1, 2});
  expect(measured.edges.size() == 2 && is(measured.edges[0], 0, 2, 1, 0.5) &&
             is(measured.edges[1], 0, 4, 0, 0.5), "half and half, in order of the references");
}

// Every pixel of a black frame counts 1/81, and is what was predicted.
void compound_block_brings_half_of_its_detail_from_each_reference() {
  Block compound = block(0, 0, 8, 2);
  set_vector(compound, 1, 0, 0, 64);
  const auto measured = measure_detail(frame(16, 8, {compound, block(8, 0, 8)}), {1, 2}, 2.0);
  expect(measured.edges.size() == 2 && is(measured.edges[0], 0, 2, 1, 32.0 / 81) &&
             is(measured.edges[1], 0, 4, 0, 32.0 / 81), "half and half");
  expect(measured.energy == std::vector<double>{64.0 / 81, 64.0 / 81}, "of both blocks");
  expect(measured.missing == std::vector<double>{0, 64.0 / 81}, "the other block is intra");
}

void compound_of_one_frame_twice_is_one_edge() {
  Block twice = block(0, 0, 8, 2);
  twice.reference[1] = twice.reference[0];
  const auto measured = measure_weights(frame(8, 8, {twice}), {1, 1});
  expect(measured.edges.size() == 1 && is(measured.edges[0], 0, 4, 0, 1.0), "merged");
}

void quarters_of_a_split_block_move_apart() {
  Block split = block(0, 0, 8, 1);
  split.split = 1;
  set_vector(split, 0, 3, 0, 8 * 4);  // the last quarter refers to the second patch
  const auto measured = measure_weights(frame(16, 8, {split, block(8, 0, 8)}), {1, 2});
  expect(measured.edges.size() == 2 && is(measured.edges[0], 0, 4, 0, 0.75) &&
             is(measured.edges[1], 0, 4, 1, 0.25), "a quarter of the pixels");
}

void block_is_cut_at_patch_and_frame_borders() {
  const auto measured = measure_weights(frame(10, 6, {block(0, 0, 64, 1)}), {2, 3});
  expect(measured.edges.size() == 6, "one edge for each patch");
  for (int p = 0; p < 6; ++p) expect(is(measured.edges[p], p, 4, p, 1.0), "each from itself");
}

void far_vector_is_clamped_to_the_corner() {
  Block far = block(0, 0, 8, 1);
  set_vector(far, 0, 0, 32767, 32767);
  const auto measured = measure_weights(frame(8, 8, {far}), {2, 2});
  expect(measured.edges.size() == 4, "four patches refer to one");
  for (const Edge& edge : measured.edges) expect(edge.source == 3, "the last patch");
  set_vector(far, 0, 0, -32768, -32768);
  for (const Edge& edge : measure_weights(frame(8, 8, {far}), {2, 2}).edges)
    expect(edge.source == 0, "the first patch");
}

void unusable_block_counts_as_intra() {
  Block unusable = block(0, 0, 8, 1);
  unusable.usable = 0;
  const auto measured = measure_weights(frame(8, 8, {unusable}), {1, 1});
  expect(measured.edges.empty() && measured.intra_pixels[0] == 64, "no edge, all intra");
}

void fill_column(const Picture& picture, int plane, int x, uint8_t value) {
  const auto samples = picture.plane<uint8_t>(plane);
  for (int y = 0; y < samples.height; ++y) samples.row(y)[x] = value;
}

// A column of 16 at the block's edge, halved to 8, comes back as 8, 6, 2, 0 ...: 8, 6, 2 are lost.
void texture_is_what_halving_and_doubling_lose() {
  const double lost = 8 * (8.0 * 8 + 6 * 6 + 2 * 2);
  CodedFrame intra = frame(8, 8, {block(0, 0, 8)});
  fill_column(intra.reconstruction, 0, 0, 16);
  expect(measure_texture(intra, {1, 1})[0] == lost, "an intra block's content");
  CodedFrame inter = frame(8, 8, {block(0, 0, 8, 1)});
  fill_column(inter.reconstruction, 0, 0, 116);
  fill_column(inter.prediction, 0, 0, 100);
  expect(measure_texture(inter, {1, 1})[0] == lost, "an inter block's residual");
  inter.blocks[0].usable = 0;
  expect(measure_texture(inter, {1, 1})[0] > lost, "an unusable block's content");
}

void texture_of_flat_content_is_zero_and_planes_add_up() {
  CodedFrame flat = frame(11, 5, {block(0, 0, 64)});
  for (int x = 0; x < 11; ++x) fill_column(flat.reconstruction, 1, x, 200);
  expect(measure_texture(flat, {1, 1})[0] == 0.0, "flat up to odd edges");
  fill_column(flat.reconstruction, 0, 3, 40);
  const double one = measure_texture(flat, {1, 1})[0];
  fill_column(flat.reconstruction, 2, 3, 40);
  expect(one > 0 && measure_texture(flat, {1, 1})[0] == 2 * one, "luma and chroma");
}

void texture_lands_in_the_patch_of_its_pixels() {
  CodedFrame intra = frame(16, 8, {block(0, 0, 16)});
  fill_column(intra.reconstruction, 0, 12, 50);
  const auto texture = measure_texture(intra, {1, 4});
  expect(texture[0] == 0 && texture[1] == 0, "far patches get none");
  expect(texture[2] > 0 && texture[3] > texture[2], "a block's loss spills over the border");
}

void grids_that_do_not_fit_are_refused() {
  const CodedFrame small = frame(8, 8, {block(0, 0, 8)});
  for (const PatchGrid& grid :
       {PatchGrid{9, 1}, PatchGrid{1, 9}, PatchGrid{0, 1}, PatchGrid{-1, 3},
        PatchGrid{1 << 20, 1 << 20}}) {
    int refused = 0;
    try {
      measure_texture(small, grid);
    } catch (const std::invalid_argument&) {
      ++refused;
    }
    try {
      measure_weights(small, grid);
    } catch (const std::invalid_argument&) {
      ++refused;
    }
    expect(refused == 2, "grid refused by texture and weights");
  }
}

}  // namespace

int main() {
  fraction_of_a_vector_is_dropped_downwards();
  compound_block_counts_half_for_each_reference();
  compound_block_brings_half_of_its_detail_from_each_reference();
  compound_of_one_frame_twice_is_one_edge();
  quarters_of_a_split_block_move_apart();
  block_is_cut_at_patch_and_frame_borders();
  far_vector_is_clamped_to_the_corner();
  unusable_block_counts_as_intra();
  texture_is_what_halving_and_doubling_lose();
  texture_of_flat_content_is_zero_and_planes_add_up();
  texture_lands_in_the_patch_of_its_pixels();
  grids_that_do_not_fit_are_refused();
  return failures > 0;
}

// What an estimator of the tail learns, worked out by hand.
#include "tail.h"

#include <vector>

#include "expect.h"
#include "live_frame.h"

namespace {

using palantir::LiveFrame;
using palantir::TailEstimator;

bool costs(const TailEstimator& tail, int phase, int slot, double cost) {
  const auto found = tail.cost(phase, slot);
  return found && near(*found, cost);
}

void add(TailEstimator& tail, LiveFrame frame, std::vector<std::uint8_t> anchor = {}) {
  if (anchor.empty()) anchor.assign(frame.texture.size(), 0);
  tail.add(std::move(frame), std::move(anchor));
}

void begin_gop(TailEstimator& tail, std::int32_t index, int patches) {
  add(tail, make_frame(kKey, index, all_slots(index), std::vector<double>(patches, 1.0)));
}

// Two patches. Frame 1 takes from patch 0 of frame 0 (1 and 0.5) and goes into slot 0; frame 2
// takes from frame 1 (patch 0 from 0) and, twice, from patch 1 of frame 0.
void add_gop(TailEstimator& tail, std::int32_t first, std::vector<std::uint8_t> anchor_of_1,
             Kind kind_of_2 = kInter) {
  Slots slots = all_slots(first);
  begin_gop(tail, first, 2);
  slots[0] = first + 1;
  add(tail, make_frame(kInter, first + 1, slots, {1, 1}, {{0, first, 0, 1.0}, {1, first, 0, 0.5}}),
      std::move(anchor_of_1));
  slots[0] = first + 2;
  add(tail, make_frame(kind_of_2, first + 2, slots, {1, 1},
                       {{0, first + 1, 0, 1.0}, {1, first, 1, 2.0}}));
}

void a_gop_teaches_what_errors_in_its_slots_cost() {
  TailEstimator tail(2);
  add_gop(tail, 0, {0, 0});
  expect(tail.phase() == 3 && !tail.cost(1, 0), "nothing is known before a GoP has ended");
  begin_gop(tail, 3, 2);
  expect(tail.phase() == 1, "a key frame is the first of its GoP");
  // A unit of error in patch 0 of frame 0 costs 1 and 0.5 in frame 1 and 1 in frame 2, one in
  // patch 1 costs 2 in frame 2; the mean is shared by all eight slots.
  for (int slot = 0; slot < 8; ++slot) expect(costs(tail, 1, slot, 2.25 / 8), "after frame 0");
  // Now slot 0 has frame 1, whose patch 0 costs 1 in frame 2; the others still have frame 0.
  expect(costs(tail, 2, 0, 0.5), "after frame 1, slot 0");
  for (int slot = 1; slot < 8; ++slot) expect(costs(tail, 2, slot, 1.0 / 7), "after frame 1");
  for (int slot = 0; slot < 8; ++slot) expect(costs(tail, 3, slot, 0), "after the last frame");
  expect(costs(tail, 9, 0, 0), "a longer GoP than any so far: as at the end");
}

void errors_stop_at_anchors() {
  TailEstimator tail(2);
  add_gop(tail, 0, {1, 0});  // patch 0 of frame 1: only patch 1 takes from patch 0 of frame 0
  begin_gop(tail, 3, 2);
  expect(costs(tail, 1, 5, (0.5 + 2) / 2 / 8), "patch 0 of the key frame reaches less");
  expect(costs(tail, 2, 0, 0.5), "what takes from the anchor itself counts");
}

void only_shown_frames_cost() {
  TailEstimator tail(2);
  add_gop(tail, 0, {0, 0}, kHidden);
  begin_gop(tail, 3, 2);
  expect(costs(tail, 1, 0, 1.5 / 2 / 8) && costs(tail, 2, 0, 0), "the last frame is hidden");

  TailEstimator other(2);
  add_gop(other, 0, {0, 0}, kHidden);
  other.show(2);
  other.show(7);  // there is none
  begin_gop(other, 3, 2);
  expect(costs(other, 1, 0, 2.25 / 8) && costs(other, 2, 0, 0.5), "displayed after all");
}

void newer_gops_weigh_half() {
  TailEstimator tail(2);
  add_gop(tail, 0, {0, 0});
  add_gop(tail, 3, {0, 0}, kHidden);
  begin_gop(tail, 6, 2);
  expect(costs(tail, 2, 0, 0.25), "the mean of 0.5 and 0");
  begin_gop(tail, 7, 2);  // the GoP of frame 6 alone: nothing comes after it
  expect(costs(tail, 1, 0, (2.25 + 0.75) / 2 / 2 / 8), "and half of that");
  expect(costs(tail, 2, 0, 0.25), "a phase that it did not reach stays");
}

void a_gop_without_its_beginning_teaches_nothing() {
  TailEstimator tail(1);
  for (int i = 4; i < 7; ++i) {
    add(tail, make_frame(kInter, i, all_slots(i), {1}, {{0, i - 1, 0, 1.0}}));
  }
  expect(tail.phase() == 3, "frames so far");
  begin_gop(tail, 7, 1);
  expect(!tail.cost(1, 0), "where in its GoP it began is not known");
}

void frames_from_before_the_gop_are_left_out() {
  TailEstimator tail(1);
  begin_gop(tail, 5, 1);
  Slots slots = all_slots(-1);
  slots[1] = 2;
  slots[2] = 6;
  add(tail, make_frame(kInter, 6, slots, {1}, {{0, 2, 0, 3.0}}));
  add(tail, make_frame(kInter, 7, slots, {1}, {{0, 6, 0, 3.0}, {0, 4, 0, 1.0}}));
  begin_gop(tail, 8, 1);
  expect(costs(tail, 2, 0, 0) && costs(tail, 2, 1, 0), "an empty slot, and a frame before the GoP");
  expect(costs(tail, 2, 2, 3), "a frame of the GoP");
}

// A unit of error costs 1 in every later frame. The first 600 frames of a GoP are kept, and of
// those the later ones look cheaper than they were.
void of_a_very_long_gop_the_first_frames_teach() {
  for (const int frames : {599, 700, 2000}) {
    TailEstimator tail(1);
    begin_gop(tail, 0, 1);
    for (int i = 1; i < frames; ++i) {
      add(tail, make_frame(kInter, i, all_slots(i), {1}, {{0, i - 1, 0, 1.0}}));
    }
    expect(tail.phase() == frames, "frames since the key frame");
    begin_gop(tail, frames, 1);
    const int kept = frames < 600 ? frames : 600;
    expect(costs(tail, 1, 0, (kept - 1) / 8.0), "the key frame");
    expect(costs(tail, 300, 0, (kept - 300) / 8.0), "the middle");
    expect(costs(tail, 550, 0, frames < 600 ? 49 / 8.0 : 300 / 8.0), "the end");
  }
}

void a_gop_of_infinite_costs_teaches_nothing() {
  TailEstimator tail(1);
  begin_gop(tail, 0, 1);
  for (int i = 1; i < 4; ++i) {
    add(tail, make_frame(kInter, i, all_slots(i), {1}, {{0, i - 1, 0, 1e200}}));
  }
  begin_gop(tail, 4, 1);
  expect(!tail.cost(1, 0), "it would spoil the mean for good");
  add(tail, make_frame(kInter, 5, all_slots(5), {1}, {{0, 4, 0, 16.0}}));
  tail.end_gop();
  expect(costs(tail, 1, 0, 2), "a sound one does");
  tail.end_gop();
  expect(costs(tail, 1, 0, 2), "once");
}

}  // namespace

int main() {
  a_gop_teaches_what_errors_in_its_slots_cost();
  errors_stop_at_anchors();
  only_shown_frames_cost();
  newer_gops_weigh_half();
  a_gop_without_its_beginning_teaches_nothing();
  frames_from_before_the_gop_are_left_out();
  of_a_very_long_gop_the_first_frames_teach();
  a_gop_of_infinite_costs_teaches_nothing();
  return failures > 0;
}

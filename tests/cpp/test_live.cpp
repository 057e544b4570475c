// Live selection without Python: what crosses an interval's border, and what is refused.
#include "live.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "expect.h"
#include "live_frame.h"

extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // of libasan

namespace {

using palantir::Edge;
using palantir::LiveFrame;
using palantir::LiveSelector;
using palantir::Sums;
using Order = std::vector<std::int64_t>;

Sums settle_both(LiveSelector& live, const Order& anchors = {}) {
  return live.settle(anchors.data(), static_cast<std::int64_t>(anchors.size()));
}

double settle(LiveSelector& live, const Order& anchors = {}) {
  return settle_both(live, anchors).objective;
}

bool operator==(const Sums& a, const Sums& b) {
  return a.objective == b.objective && a.untouched == b.untouched;
}

// The error of a patch of a frame in a slot; 0 if nothing is known of it.
double left_over(LiveSelector live, std::int32_t frame, int patch, int patches) {
  const std::int32_t probe = 1 << 30;
  live.push(make_frame(kInter, probe, all_slots(probe), std::vector<double>(patches, 0.0),
                       {{0, frame, patch, 1.0}}));
  return settle(live);
}

// Patch 0 of frame 0 is worse than patch 1 by far, but it is an anchor when frame 1 comes.
void an_interval_sees_what_earlier_anchors_left_over() {
  LiveSelector live(2, false);
  live.push(make_frame(kKey, 0, all_slots(0), {9, 5}));
  const auto first = live.select(1);
  expect(first.order == Order{0} && first.gain == std::vector<double>{9}, "the key frame");
  expect(first.total == std::vector<double>{14, 5}, "objectives of the key frame");
  expect(settle_both(live, first.order) == Sums{5, 14}, "what is left of it, and what was");
  expect(live.frames() == 0, "the interval is over");
  live.push(make_frame(kInter, 1, all_slots(1), {1, 1}, {{0, 0, 0, 1.0}, {1, 0, 1, 1.0}}));
  const auto second = live.select(2);
  expect(second.order == Order{1, 0}, "order after the border");
  expect(second.gain == std::vector<double>{6, 1}, "gains after the border");
  expect(settle_both(live) == Sums{7, 16}, "no anchor here; none before");
  expect(left_over(live, 1, 0, 2) == 1 && left_over(live, 1, 1, 2) == 6, "errors of frame 1");
}

void only_frames_in_the_slots_are_remembered() {
  LiveSelector live(1, false);
  Slots slots = all_slots(0);
  slots[6] = 4;
  live.push(make_frame(kKey, 0, all_slots(0), {2}));
  live.push(make_frame(kInter, 4, slots, {3}));  // frames 1 to 3 were lost
  live.push(make_frame(kInter, 5, slots, {7}));  // goes into no slot
  settle(live);
  expect(left_over(live, 0, 0, 1) == 2, "frame 0");
  expect(left_over(live, 4, 0, 1) == 3, "frame 4");
  expect(left_over(live, 5, 0, 1) == 0, "frame 5 is held by no slot");
  expect(left_over(live, 2, 0, 1) == 0, "frame 2 never came");
  slots.fill(6);
  slots[3] = 4;
  live.push(make_frame(kInter, 6, slots, {1}, {{0, 0, 0, 1.0}, {0, 2, 0, 5.0}}));
  expect(settle(live) == 3, "an edge to what no slot held is dropped, another counts");
  expect(left_over(live, 0, 0, 1) == 0, "frame 0 is gone");
  expect(left_over(live, 4, 0, 1) == 3, "frame 4 outlives two intervals");
}

void hidden_frames_count_once_they_are_displayed() {
  const Sums nothing{0, 0};
  LiveSelector live(1, false);
  live.push(make_frame(kKey, 0, all_slots(0), {4}));
  live.push(make_frame(kHidden, 1, all_slots(1), {1}, {{0, 0, 0, 1.0}}));
  expect(live.select(2).total[0] == 4 && live.show(1) == nothing, "still open");
  expect(live.select(2).total[0] == 9, "displayed before the interval's end");
  expect(settle_both(live, {0}) == Sums{1, 9}, "displayed frames with and without the anchor");
  expect(live.show(1) == nothing, "nothing is counted twice");
  live.push(make_frame(kHidden, 2, all_slots(2), {1}, {{0, 1, 0, 1.0}}));
  expect(settle_both(live) == nothing, "hidden when its interval ends");
  live.push(make_frame(kInter, 3, all_slots(2), {8}));
  expect(live.show(2) == Sums{2, 6}, "displayed later: its error");
  expect(live.show(2) == nothing, "but once");
  expect(live.show(1) == nothing && live.show(77) == nothing, "what no slot holds");
  expect(settle(live) == 8 && live.show(2) == nothing, "nor again after the next interval");
}

void the_tail_counts_for_what_the_slots_hold_at_the_end() {
  LiveSelector live(1, true), plain(1, false);
  for (LiveSelector* each : {&live, &plain}) {
    each->push(make_frame(kKey, 0, all_slots(0), {1}));
    each->push(make_frame(kInter, 1, all_slots(1), {1}, {{0, 0, 0, 3.0}}));
    expect(each->select(1).total[0] == 5, "no tail in the first GoP");
    settle(*each);
    each->push(make_frame(kKey, 2, all_slots(2), {1}));
    settle(*each);
    each->push(make_frame(kKey, 3, all_slots(3), {1}));
  }
  // After a key frame a unit of error cost 3 in the first GoP and nothing in the second.
  expect(live.select(1).gain == std::vector<double>{2.5}, "the tail at a key frame, at once");
  expect(plain.select(1).gain == std::vector<double>{1}, "no tail is asked for");
  live.push(make_frame(kHidden, 4, all_slots(3), {7}, {{0, 3, 0, 1.0}}));
  expect(live.select(1).gain == std::vector<double>{1}, "the second phase costs nothing more");
  live.push(make_frame(kKey, 5, all_slots(5), {1}));
  const auto selection = live.select(3);
  expect(selection.order == Order{5 - 3, 0, 1}, "a key frame within the interval");
  expect(selection.gain == std::vector<double>{2.5, 1, 0}, "only it has a tail");
}

void frames_displayed_later_teach_the_tail() {
  for (const bool displayed : {false, true}) {
    LiveSelector live(1, true);
    live.push(make_frame(kKey, 0, all_slots(0), {1}));
    live.push(make_frame(kHidden, 1, all_slots(1), {1}, {{0, 0, 0, 3.0}}));
    settle(live);
    if (displayed) live.show(1);
    live.push(make_frame(kKey, 2, all_slots(2), {1}));
    expect(live.select(1).gain[0] == (displayed ? 4 : 1), "an error costs where it is seen");
  }
}

template <class Work>
std::string refusal(const Work& work) {
  try {
    work();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

void unsound_frames_are_told_by_their_numbers() {
  const LiveFrame good = make_frame(kInter, 5, all_slots(5), {1, 2}, {{1, 4, 0, 1.0}});
  const auto refused = [&](const char* reason, const auto& spoil) {
    LiveFrame bad = good;
    spoil(bad);
    expect(refusal([&] { palantir::check_sound(bad); }) == reason, reason);
  };
  const auto bad_edge = [&](const char* reason, const Edge& edge) {
    refused(reason, [&](LiveFrame& frame) { frame.edges.insert(frame.edges.begin(), edge); });
    refused(reason, [&](LiveFrame& frame) { frame.edges.push_back(edge); });
  };
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const std::pair<double, const char*> texts[] = {
      {-1.5, "-1.5"}, {nan, "nan"}, {-nan, "nan"}, {infinity, "inf"}, {-infinity, "-inf"}};
  for (const auto& [value, text] : texts) {
    refused(("a texture of " + std::string(text)).c_str(),
            [value = value](LiveFrame& frame) { frame.texture[1] = value; });
    bad_edge(("a weight of " + std::string(text)).c_str(), {0, 4, 0, value});
  }
  bad_edge("an edge with patch -1 where there are 2", {-1, 4, 0, 1.0});
  bad_edge("an edge with patch 2 where there are 2", {2, 4, 0, 1.0});
  bad_edge("an edge with source -1 where there are 2", {0, 4, -1, 1.0});
  bad_edge("an edge with source 2 where there are 2", {0, 4, 2, 1.0});
  bad_edge("an edge with reference 5 where there are 5", {0, 5, 0, 1.0});
  bad_edge("an edge with reference -1 where there are 5", {0, -1, 0, 1.0});
  expect(refusal([&] { palantir::check_sound(good); }).empty(), "a good frame");
}

void frames_that_do_not_fit_change_nothing() {
  LiveSelector live(2, true);
  live.push(make_frame(kKey, 3, all_slots(3), {1, 1}));
  settle(live);
  live.push(make_frame(kInter, 4, all_slots(4), {1, 1}, {{0, 3, 1, 1.0}}));
  const LiveFrame good = make_frame(kInter, 5, all_slots(5), {1, 2}, {{1, 4, 0, 1.0}});
  const auto refused = [&](const char* reason, const auto& spoil) {
    LiveFrame bad = good;
    spoil(bad);
    expect(refusal([&] { live.push(bad); }) == reason, reason);
    expect(live.frames() == 1 && live.nodes() == 2, "the frame is left out");
  };
  refused("frame 4: comes after frame 4", [](LiveFrame& frame) { frame.index = 4; });
  refused("frame -1: comes after frame 4", [](LiveFrame& frame) { frame.index = -1; });
  refused("frame 5: 1 textures for 2 patches", [](LiveFrame& frame) { frame.texture = {1}; });
  expect(refusal([&] { live.push(good); }).empty() && live.frames() == 2, "a good frame after that");
  expect(live.select(4).total[0] == 2 + 1 + 1 + (2 + 2), "no trace of the bad ones");
}

void bad_anchors_change_nothing() {
  LiveSelector live(2, false);
  expect(settle(live) == 0, "nothing to settle");
  live.push(make_frame(kKey, 0, all_slots(0), {1, 4}));
  for (const std::int64_t node : {-1, 2}) {
    bool thrown = false;
    try {
      settle(live, {0, node});
    } catch (const std::invalid_argument&) {
      thrown = true;
    }
    expect(thrown && live.frames() == 1, "a node outside the interval");
  }
  expect(settle(live, {0, 0}) == 4, "an anchor may be named twice");
}

void a_deadline_ends_selection_early() {
  LiveSelector live(3, false);
  live.push(make_frame(kKey, 0, all_slots(0), {1, 3, 2}));
  int left = 2;
  const auto selection = live.select(3, [&] { return left-- > 0; });
  expect(selection.order == Order{1, 2}, "the best so far");
  expect(selection.total == std::vector<double>{6, 3, 1}, "and what is left");
  expect(live.select(3, [] { return false; }).order.empty(), "no time at all");
}

// A stream with eight slots, hidden frames, lost frames, key frames; all of it also as one graph.
struct Stream {
  std::mt19937 random;
  int patches;
  Slots slots = all_slots(-1);
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> reference;
  std::vector<double> weight, texture;
  std::vector<std::uint8_t> shown;

  explicit Stream(int seed) : random(seed), patches(1 + seed % 7) {}
  int below(int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); }
  double unit() { return std::uniform_real_distribution<double>()(random); }

  LiveFrame next(std::int32_t index) {
    const bool key = index == 0 || below(20) == 0;
    LiveFrame frame = make_frame(key ? kKey : below(3) ? kInter : kHidden, index, {}, {});
    for (int patch = 0; patch < patches; ++patch) {
      frame.texture.push_back(below(4) ? unit() : 0.0);
      texture.push_back(frame.texture.back());
      shown.push_back(frame.shown);
      for (int count = key ? 0 : below(4); count > 0; --count) {
        const Edge edge{patch, slots[below(palantir::kSlots)], below(patches), unit()};
        frame.edges.push_back(edge);
        reference.push_back(edge.reference * patches + edge.source);
        weight.push_back(edge.weight);
      }
      row_start.push_back(static_cast<std::int64_t>(reference.size()));
    }
    std::shuffle(frame.edges.begin(), frame.edges.end(), random);
    for (auto& slot : slots) slot = key || below(5) == 0 ? index : slot;
    frame.slots = slots;
    return frame;
  }

  palantir::GraphView view() const {
    return {static_cast<std::int64_t>(texture.size()), row_start.data(), reference.data(),
            weight.data(), texture.data(), shown.data()};
  }
};

void intervals_together_make_one_sweep() {
  for (int seed = 0; seed < 60; ++seed) {
    Stream stream(seed);
    const int patches = stream.patches, length = 1 + stream.below(9);
    LiveSelector live(patches, seed % 2 != 0);
    std::vector<std::uint8_t> anchor;
    Sums sums{};
    const auto close = [&] {
      const auto selection = live.select(stream.below(4));
      const std::int64_t first = static_cast<std::int64_t>(anchor.size());
      anchor.resize(stream.texture.size(), 0);
      for (const std::int64_t node : selection.order) anchor[first + node] = 1;
      const Sums closed = settle_both(live, selection.order);
      sums = {sums.objective + closed.objective, sums.untouched + closed.untouched};
    };
    for (int index = 0; index < 60; ++index) {
      live.push(stream.next(index));
      if (live.frames() == length || stream.below(15) == 0) close();
    }
    if (live.frames() > 0) close();
    std::vector<double> error(anchor.size());
    const auto sweep = [&] {
      palantir::sweep_errors(stream.view(), anchor.data(), error.data());
      double sum = 0.0;
      for (std::size_t v = 0; v < error.size(); ++v) sum += stream.shown[v] ? error[v] : 0.0;
      return sum;
    };
    expect(near(sums.objective, sweep()), "objectives of the intervals add up");
    for (const std::int32_t frame : stream.slots) {
      for (int patch = 0; patch < patches; ++patch) {
        expect(near(left_over(live, frame, patch, patches), error[frame * patches + patch]),
               "errors in the slots are those of one sweep");
      }
    }
    std::fill(anchor.begin(), anchor.end(), 0);
    expect(near(sums.untouched, sweep()), "and so do errors without any anchor");
  }
}

void a_key_frame_ends_errors_beyond_every_number() {
  LiveSelector live(1, true);
  for (int index = 0; index < 12; ++index) {
    const bool key = index % 4 == 0;
    live.push(make_frame(key ? kKey : kInter, index, all_slots(index), {key ? 1.0 : 1e300},
                         key ? std::vector<Edge>{} : std::vector<Edge>{{0, index - 1, 0, 1e300}}));
    const auto selection = live.select(1);
    expect(selection.order.size() <= 1, "selection ends");
    if (key) expect(selection.gain == std::vector<double>{1}, "as if nothing had been");
    const double objective = settle(live);
    expect(key ? objective == 1 : objective >= 1e300, "errors without an end");
  }
}

void memory_does_not_grow_with_the_stream() {
  LiveSelector live(6, true);
  std::size_t before = 0;
  for (int index = 0; index < 6000; ++index) {
    const bool key = index % 50 == 0;
    live.push(make_frame(key ? kKey : kInter, index, all_slots(index), std::vector<double>(6, 1.0),
                         key ? std::vector<Edge>{} : std::vector<Edge>{{0, index - 1, 0, 0.5}}));
    if (index % 2) settle(live, live.select(1).order);
    if (index == 999) before = __sanitizer_get_current_allocated_bytes();
  }
  expect(__sanitizer_get_current_allocated_bytes() <= before, "as much as after 1000 frames");
}

}  // namespace

int main() {
  an_interval_sees_what_earlier_anchors_left_over();
  only_frames_in_the_slots_are_remembered();
  hidden_frames_count_once_they_are_displayed();
  the_tail_counts_for_what_the_slots_hold_at_the_end();
  frames_displayed_later_teach_the_tail();
  unsound_frames_are_told_by_their_numbers();
  frames_that_do_not_fit_change_nothing();
  bad_anchors_change_nothing();
  a_deadline_ends_selection_early();
  intervals_together_make_one_sweep();
  a_key_frame_ends_errors_beyond_every_number();
  memory_does_not_grow_with_the_stream();
  return failures > 0;
}

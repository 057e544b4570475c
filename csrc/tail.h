// What an error left in a reference slot costs after an interval's end, learned from earlier GoPs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "weights.h"

namespace palantir {

constexpr int kSlots = 8;  // reference slots of a VP9 decoder

// A coded frame as selection sees it.
struct LiveFrame {
  std::int32_t index = 0;
  bool shown = false;
  bool key = false;
  std::array<std::int32_t, kSlots> slots{};  // frame in each slot once this one is decoded, or -1
  std::vector<double> texture;               // [patches]
  std::vector<Edge> edges;                   // sorted by patch
};

// Encoders use the slots alike in every GoP. So the estimate is kept by slot and by the number of
// frames since the key frame: at that point of the last GoPs, what did a unit of error in a patch
// of the slot's frame cost until the next key frame, given the anchors that were chosen? The mean
// over patches: estimates for each patch by itself were no better on six clips.
class TailEstimator {
 public:
  explicit TailEstimator(int patches) : patches_(patches) {}

  // The next frame with its anchors, flags [patches]. A key frame ends the GoP before it.
  void add(LiveFrame frame, std::vector<std::uint8_t> anchor);

  // A key frame comes next: learns what there is to learn from the GoP.
  void end_gop();

  // The frame is displayed after all.
  void show(std::int32_t index);

  // Frames since the last key frame added, that one included.
  int phase() const { return phase_; }

  // Cost of a unit of error in a patch of the frame that `slot` holds at `phase`, if it is known.
  std::optional<double> cost(int phase, int slot) const;

 private:
  struct Frame {
    LiveFrame facts;
    std::vector<std::uint8_t> anchor;
  };

  using Costs = std::array<double, kSlots>;

  void learn();
  Costs costs_after(const Frame& frame, const std::vector<double>& later) const;
  int position(std::int32_t index) const;  // in the GoP, -1 if it is not there

  const int patches_;
  int phase_ = 0;
  std::vector<Frame> gop_;        // the newest, up to a limit
  std::map<int, Costs> learned_;  // by phase
};

}  // namespace palantir

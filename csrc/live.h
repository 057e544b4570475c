// Selection on a stream while it is decoded: one scheduling interval after another, in order.
//
// An interval begins with the errors that earlier ones left in the eight reference slots; they are
// inputs, not choices. One thread at a time may use a LiveSelector; any number of them may run at
// once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "select.h"
#include "tail.h"
#include "weights.h"

namespace palantir {

class LiveSelector {
 public:
  // `patches` of every frame; with `tail`, what earlier GoPs teach of the time after an interval's
  // end counts too.
  LiveSelector(int patches, bool tail);

  // The next coded frame, into the open interval. Edges to frames that no slot held when the
  // interval began are dropped: nothing is known of their errors.
  // Throws std::invalid_argument, and changes nothing, unless indices rise, sizes fit, edges name
  // patches of earlier frames, all values are finite and at least 0, and the interval has fewer
  // than 2^31 nodes.
  void push(LiveFrame frame);

  // The frame is displayed by a later packet. Once its interval is settled that comes too late to
  // matter for the choice; returned is then what the frame adds to the interval's sum of errors, 0
  // if it had been shown before or no slot holds it.
  double show(std::int32_t index);

  int frames() const { return static_cast<int>(frames_.size()); }

  // Anchors for the open interval; nodes count from its first patch. Changes nothing.
  Selection select(std::int64_t count, const KeepGoing& keep_going = {}) const;

  // Makes these nodes anchors and ends the interval; the next one begins with what is left over.
  // Returns the sum of the errors of the interval's shown frames.
  // Throws std::invalid_argument, and changes nothing, if a node is not of the interval.
  double settle(const std::int64_t* anchors, std::int64_t count);

 private:
  struct Graph {  // what GraphView borrows
    std::vector<std::int64_t> row_start{0};
    std::vector<std::int32_t> reference;
    std::vector<double> weight, texture;
    std::vector<std::uint8_t> shown;
  };

  struct Held {  // a frame in the slots, of a settled interval
    std::vector<double> error;  // [patches]
    bool shown;
  };

  void check(const LiveFrame& frame) const;
  void add_row(const LiveFrame& frame, int patch, std::size_t& edge);
  GraphView view() const;
  std::vector<double> tail() const;
  void hold(const std::vector<double>& error);

  const int patches_;
  std::int32_t last_index_ = -1;
  std::vector<LiveFrame> frames_;  // of the open interval
  Graph graph_;
  std::map<std::int32_t, Held> held_;  // by index
  TailEstimator estimator_;
  const bool use_tail_;
};

}  // namespace palantir

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

// Throws std::invalid_argument, in words that go on from "the error model gives frame ...", unless
// all values are finite and at least 0 and edges name patches of this and of earlier frames.
void check_sound(const LiveFrame& frame);

// Of the errors of an interval's shown frames, or of one of them.
struct Sums {
  double objective;  // with the anchors chosen so far
  double untouched;  // without any, then or earlier
};

class LiveSelector {
 public:
  // `patches` of every frame; with `tail`, what earlier GoPs teach of the time after an interval's
  // end counts too.
  LiveSelector(int patches, bool tail);

  // The next coded frame, a sound one, into the open interval. Edges to frames that no slot held
  // when the interval began are dropped: nothing is known of their errors.
  // Throws std::invalid_argument, and changes nothing, unless indices rise, the number of patches
  // fits and the interval stays within kMaxNodes.
  void push(LiveFrame frame);

  // The frame is displayed by a later packet. Once its interval is settled that comes too late to
  // matter for the choice; returned is then what the frame adds to the interval's sums, 0 if it
  // had been shown before or no slot holds it.
  Sums show(std::int32_t index);

  int frames() const { return static_cast<int>(frames_.size()); }
  std::int64_t nodes() const { return static_cast<std::int64_t>(graph_.texture.size()); }

  // Anchors for the open interval; nodes count from its first patch. Changes nothing.
  Selection select(std::int64_t count, const KeepGoing& keep_going = {}) const;

  // Makes these nodes anchors and ends the interval; the next one begins with what is left over.
  // Throws std::invalid_argument, and changes nothing, if a node is not of the interval.
  Sums settle(const std::int64_t* anchors, std::int64_t count);

 private:
  struct Graph {  // what GraphView borrows
    std::vector<std::int64_t> row_start{0};
    std::vector<std::int32_t> reference;
    std::vector<double> weight;
    std::vector<double> texture, untouched;  // each with what its own past left in the slots
    std::vector<std::uint8_t> shown;
  };

  struct Errors {  // of successive patches
    std::vector<double> chosen, untouched;

    Errors part(std::size_t first, std::size_t count) const;
  };

  struct Held {  // a frame in the slots, of a settled interval
    Errors error;  // [patches]
    bool shown;
  };

  void check_next(const LiveFrame& frame) const;
  void add_row(const LiveFrame& frame, int patch, std::size_t& edge);
  GraphView view(const std::vector<double>& texture) const;
  std::vector<double> tail() const;
  double sum_of_shown(const std::vector<double>& error) const;
  void hold(const Errors& errors);

  const int patches_;
  std::int32_t last_index_ = -1;
  std::vector<LiveFrame> frames_;  // of the open interval
  Graph graph_;
  std::map<std::int32_t, Held> held_;  // by index
  TailEstimator estimator_;
  const bool use_tail_;
};

}  // namespace palantir

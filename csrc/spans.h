// The stretches of a row or column of patches from which rectangles are made.
#pragma once

#include <cstddef>
#include <vector>

namespace palantir {

// All stretches of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48 and 64 patches within a length, and the
// whole length: by side, then by where they start.
class Spans {
 public:
  struct Span {
    int first, stop;

    bool holds(const Span& other) const { return first <= other.first && other.stop <= stop; }
  };

  explicit Spans(int length);

  std::size_t count() const { return spans_.size(); }
  const Span& operator[](std::size_t index) const { return spans_[index]; }

  // values[count() * width]: of each span so many, given for those of one patch, which come first.
  // Those of the others become the sums of their patches', without differences: of nothing but
  // zeros exactly 0.
  void add_up(double* values, std::size_t width) const;

  // costs[count()]: takes off each span's what is marked for it, but leaves 1 at least.
  // marks[marks()]: mark() adds a value to all spans that hold [first, stop).
  std::size_t marks() const { return spans_.size() + sides_.size(); }
  void mark(const Span& inner, double value, double* marks) const;
  void take_off(const double* marks, double* costs) const;

 private:
  struct Side {
    int length;
    std::size_t begin, starts;       // its spans
    std::vector<std::size_t> parts;  // spans that make up its first one
  };

  std::vector<Span> spans_;
  std::vector<Side> sides_;
};

}  // namespace palantir

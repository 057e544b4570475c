// What fuzz harnesses share: numbers taken from the input's bytes, and an end for broken promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// The harness's promise to libFuzzer and to replay.cpp.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// A promise of ours that an input broke: ends the run, so that the input is kept.
inline void require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "BROKEN PROMISE: %s\n", promise);
  std::abort();
}

// Reads an input from its begin to its end; zeros come after that.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  bool empty() const { return at_ == end_; }
  uint8_t byte() { return at_ == end_ ? 0 : *at_++; }
  bool flag() { return byte() & 1; }
  uint32_t word() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }
  // first..last, both included.
  int number(int first, int last) {
    const auto range = static_cast<uint32_t>(last - first) + 1;
    return first + static_cast<int>((range > 256 ? byte() << 8 | byte() : byte()) % range);
  }

 private:
  const uint8_t *at_, *end_;
};

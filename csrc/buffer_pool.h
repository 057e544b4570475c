// Reusable byte buffers: a decoder asks for the same few sizes for every frame, and fresh pages
// from the system cost more than the copies that go into them.
//
// Buffers may be taken and returned from any thread; they may outlive the decoder that took them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace palantir {

class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  using Buffer = std::shared_ptr<uint8_t>;

  static std::shared_ptr<BufferPool> create() { return std::make_shared<BufferPool>(); }

  // At least `size` bytes with undefined content.
  Buffer take(size_t size) {
    auto storage = reuse(size);
    uint8_t* bytes = storage->data();
    auto pool = shared_from_this();
    return Buffer(bytes, [pool, storage](uint8_t*) { pool->give_back(storage); });
  }

 private:
  using Storage = std::shared_ptr<std::vector<uint8_t>>;
  static constexpr size_t kMostKept = size_t{64} << 20;  // bytes; the oldest go first

  Storage reuse(size_t size) {
    const std::lock_guard<std::mutex> guard(mutex_);
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if ((*it)->size() != size) continue;
      Storage storage = *it;
      free_.erase(it);
      kept_ -= size;
      return storage;
    }
    return std::make_shared<std::vector<uint8_t>>(size);
  }

  void give_back(const Storage& storage) noexcept {
    try {
      const std::lock_guard<std::mutex> guard(mutex_);
      free_.push_back(storage);
      kept_ += storage->size();
      while (kept_ > kMostKept && !free_.empty()) {
        kept_ -= free_.front()->size();
        free_.erase(free_.begin());
      }
    } catch (...) {  // keeping it was only an optimisation
    }
  }

  std::mutex mutex_;
  std::vector<Storage> free_;
  size_t kept_ = 0;
};

}  // namespace palantir

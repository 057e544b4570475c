// Reusable byte buffers: a decoder asks for the same few sizes for every frame, and fresh pages
// from the system cost more than the copies that go into them.
//
// Buffers may be taken and returned from any thread; they may outlive the decoder that took them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace palantir {

class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  using Buffer = std::shared_ptr<uint8_t>;

  static std::shared_ptr<BufferPool> create() { return std::make_shared<BufferPool>(); }

  // `size` bytes as their last user left them, 0 if there was none; aligned to 64 bytes.
  Buffer take(size_t size) {
    auto storage = reuse(size);
    uint8_t* bytes = storage->bytes();
    auto pool = shared_from_this();
    return Buffer(bytes, [pool, storage](uint8_t*) { pool->give_back(storage); });
  }

 private:
  static constexpr size_t kMostKept = size_t{64} << 20;  // bytes; the oldest go first
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kHugePage = size_t{2} << 20;

  // Zeroed. Small blocks by the system, which lends no memory to pages that are never touched;
  // large ones in huge pages, since walking down a picture of SR size would miss the TLB.
  class Block {
   public:
    explicit Block(size_t size) : size_(size) {
      const bool large = size >= kHugePage;
      const size_t whole = (size + kHugePage - 1) / kHugePage * kHugePage;
      memory_ = large ? std::aligned_alloc(kHugePage, whole) : std::calloc(size + kAlignment, 1);
      if (!memory_) throw std::bad_alloc();
      if (!large) return;
#if defined(__linux__)
      madvise(memory_, whole, MADV_HUGEPAGE);
#endif
      std::memset(memory_, 0, size);
    }
    ~Block() { std::free(memory_); }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    size_t size() const { return size_; }
    uint8_t* bytes() const {
      const auto address = reinterpret_cast<uintptr_t>(memory_);
      const size_t rest = address % kAlignment;
      return static_cast<uint8_t*>(memory_) + (rest ? kAlignment - rest : 0);
    }

   private:
    size_t size_;
    void* memory_ = nullptr;
  };

  using Storage = std::shared_ptr<Block>;

  // The buffer that came back last is the likeliest to be in the caches.
  Storage reuse(size_t size) {
    const std::lock_guard<std::mutex> guard(mutex_);
    for (auto it = free_.rbegin(); it != free_.rend(); ++it) {
      if ((*it)->size() != size) continue;
      Storage storage = *it;
      free_.erase(std::next(it).base());
      kept_ -= size;
      return storage;
    }
    return std::make_shared<Block>(size);
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

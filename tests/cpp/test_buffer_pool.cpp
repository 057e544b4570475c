// The buffer pool: buffers come back, are never shared, outlive the pool, and may cross threads.
#include "buffer_pool.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>

#include "expect.h"

namespace {

using palantir::BufferPool;

void returned_buffer_is_taken_again() {
  const auto pool = BufferPool::create();
  const uint8_t* first = pool->take(1000).get();
  expect(pool->take(1000).get() == first, "same size, same memory");
}

void buffers_in_use_are_distinct() {
  const auto pool = BufferPool::create();
  std::vector<BufferPool::Buffer> held;
  std::set<const uint8_t*> seen;
  for (int i = 0; i < 100; ++i) {
    held.push_back(pool->take(64));
    expect(seen.insert(held.back().get()).second, "two owners of one buffer");
  }
}

void buffer_of_another_size_has_room() {
  const auto pool = BufferPool::create();
  pool->take(10);
  const auto larger = pool->take(100'000);
  std::memset(larger.get(), 1, 100'000);  // the address sanitizer checks this
  pool->take(0);
}

void buffer_outlives_the_pool() {
  auto pool = BufferPool::create();
  const auto buffer = pool->take(256);
  std::memset(buffer.get(), 7, 256);
  pool.reset();
  expect(buffer.get()[255] == 7, "content after the pool's end");
}

void copies_keep_a_buffer() {
  const auto pool = BufferPool::create();
  auto one = pool->take(16);
  const auto two = one;
  one.reset();
  expect(pool->take(16).get() != two.get(), "still owned by its copy");
}

void pool_keeps_only_so_many() {
  const auto pool = BufferPool::create();
  for (int i = 1; i <= 1000; ++i) pool->take(i);
  std::vector<BufferPool::Buffer> held;
  for (int i = 0; i < 200; ++i) held.push_back(pool->take(8));
  held.clear();  // more come back than are kept
  pool->take(8);
}

void threads_never_share_a_buffer() {
  const auto pool = BufferPool::create();
  std::vector<std::thread> threads;
  for (int id = 1; id <= 8; ++id)
    threads.emplace_back([pool, id] {
      for (int round = 0; round < 2000; ++round) {
        const size_t size = 64 + 64 * (round % 3);
        const auto buffer = pool->take(size);
        std::memset(buffer.get(), id, size);
        if (round % 16 == 0) std::this_thread::yield();
        expect(std::all_of(buffer.get(), buffer.get() + size, [id](int b) { return b == id; }),
               "another thread wrote into the buffer");
      }
    });
  for (auto& thread : threads) thread.join();
}

void buffer_may_be_returned_by_another_thread() {
  const auto pool = BufferPool::create();
  auto buffer = pool->take(32);
  const uint8_t* memory = buffer.get();
  std::thread([moved = std::move(buffer)]() mutable { moved.reset(); }).join();
  expect(pool->take(32).get() == memory, "came back");
}

}  // namespace

int main() {
  returned_buffer_is_taken_again();
  buffers_in_use_are_distinct();
  buffer_of_another_size_has_room();
  buffer_outlives_the_pool();
  copies_keep_a_buffer();
  pool_keeps_only_so_many();
  threads_never_share_a_buffer();
  buffer_may_be_returned_by_another_thread();
  return failures > 0;
}

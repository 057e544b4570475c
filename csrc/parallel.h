// Rows shared out among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace palantir {

// How many threads may work on one thing: a number of its own, and those that others lend which
// have nothing to do for the moment. They may be lent and taken back at any time, from any thread.
class Threads {
 public:
  Threads(int count = 1, int most = 1)  // NOLINT: a plain number will do
      : count_(std::max(count, 1)), most_(std::max(most, count_)) {}

  void lend(int more) const { lent_ += more; }  // negative: taken back
  int now() const { return std::clamp(count_ + lent_, 1, most_); }
  int most() const { return most_; }

 private:
  const int count_, most_;
  mutable std::atomic<int> lent_{0};
};

// Calls work(begin, end) for successive stretches of `step` rows (the last may be shorter) until
// all `rows` are done, on this thread and as many others as there are at the time, which end with
// the call. Stretches are handed out in order to whoever is free, so `work` must not depend on who
// does what. What `work` throws is thrown here once all threads have ended; stretches not yet begun
// are left out.
template <class Work>
void parallel_rows(const Threads& threads, int rows, int step, const Work& work) {
  std::atomic<int> next{0}, helpers{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto one_stretch = [&] {
    const int begin = next.fetch_add(step);
    if (begin >= rows) return false;
    try {
      work(begin, std::min(begin + step, rows));
    } catch (...) {
      next = rows;
      const std::lock_guard<std::mutex> lock(error_mutex);
      if (!error) error = std::current_exception();
    }
    return true;
  };
  const auto help = [&] {
    while (helpers < threads.now() && one_stretch()) {
    }
    --helpers;
  };
  const auto stretches_left = [&] {
    return (rows - std::min(next.load(), rows) + step - 1) / step;
  };
  std::vector<std::thread> others;
  others.reserve(static_cast<size_t>(stretches_left()));
  const auto call_helpers = [&] {
    const int wanted = std::min(threads.now(), stretches_left()) - 1;
    while (helpers < wanted && others.size() < others.capacity()) {
      ++helpers;
      try {
        others.emplace_back(help);
      } catch (const std::exception&) {  // no more threads to be had: the others do it
        --helpers;
        return;
      }
    }
  };
  do call_helpers();
  while (one_stretch());
  for (std::thread& other : others) other.join();
  if (error) std::rethrow_exception(error);
}

// The same for rows of spots or blocks of a picture: one stretch for one thread, else short ones.
template <class Work>
void share_rows(const Threads& threads, int rows, const Work& work) {
  constexpr int kShort = 16;
  parallel_rows(threads, rows, threads.most() > 1 ? kShort : rows, work);
}

}  // namespace palantir

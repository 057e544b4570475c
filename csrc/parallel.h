// Rows shared out among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace palantir {

// Calls work(begin, end) for successive stretches of `step` rows (the last may be shorter) until all
// `rows` are done, on this thread and up to `threads` - 1 others, which end with the call. Stretches
// are handed out in order to whoever is free, so `work` must not depend on who does what. What
// `work` throws is thrown here once all threads have ended; stretches not yet begun are left out.
template <class Work>
void parallel_rows(int threads, int rows, int step, const Work& work) {
  std::atomic<int> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto take_turns = [&] {
    try {
      for (int begin; (begin = next.fetch_add(step)) < rows;)
        work(begin, std::min(begin + step, rows));
    } catch (...) {
      next = rows;
      const std::lock_guard<std::mutex> lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  const int stretches = (rows + step - 1) / step;
  std::vector<std::thread> others;
  others.reserve(static_cast<size_t>(std::max(threads - 1, 0)));
  try {
    while (static_cast<int>(others.size()) < std::min(threads, stretches) - 1)
      others.emplace_back(take_turns);
  } catch (const std::system_error&) {  // no more threads to be had: the others do it
  }
  take_turns();
  for (std::thread& other : others) other.join();
  if (error) std::rethrow_exception(error);
}

// The same for rows of spots or blocks of a picture: one stretch for one thread, else short ones.
template <class Work>
void share_rows(int threads, int rows, const Work& work) {
  constexpr int kShort = 16;
  parallel_rows(threads, rows, threads > 1 ? kShort : rows, work);
}

}  // namespace palantir

// Rows shared out among threads: each is done once, and errors come out.
#include "parallel.h"

#include <stdexcept>
#include <string>

#include "expect.h"

namespace {

using palantir::parallel_rows;
using palantir::share_rows;
using palantir::Threads;

void every_row_is_done_once() {
  for (const int threads : {-1, 0, 1, 2, 3, 8})
    for (const int rows : {0, 1, 7, 64, 65})
      for (const int step : {1, 8, 100}) {
        std::vector<std::atomic<int>> done(static_cast<size_t>(rows));
        std::atomic<int> uneven{0};
        parallel_rows(threads, rows, step, [&](int begin, int end) {
          uneven += begin % step != 0 || (end - begin != step && end != rows);
          for (int row = begin; row < end; ++row) ++done[static_cast<size_t>(row)];
        });
        for (const auto& count : done) expect(count == 1, "each row once");
        expect(uneven == 0, "stretches of equal length");
      }
}

void threads_work_at_the_same_time() {
  std::atomic<int> waiting{0};
  parallel_rows(3, 3, 1, [&](int, int) {
    ++waiting;
    while (waiting < 3) std::this_thread::yield();  // without the others for ever
  });
  expect(waiting == 3, "all three met");
}

void errors_come_out_when_all_have_ended() {
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> inside{0};
    std::string message;
    try {
      parallel_rows(4, 1000, 1, [&](int begin, int) {
        ++inside;
        if (begin % 5 == 3) {
          --inside;
          throw std::runtime_error("row " + std::to_string(begin));
        }
        --inside;
      });
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    expect(message.rfind("row ", 0) == 0, "the error of a row");
    expect(inside == 0, "nobody is left inside");
  }
}

std::atomic<int> ended{0};

struct CountsItsEnd {
  bool used = false;
  ~CountsItsEnd() { ended += used; }
};

thread_local CountsItsEnd this_thread;

void lent_threads_help_while_they_are_lent() {
  const Threads threads(1, 2);
  const auto us = std::this_thread::get_id();
  std::atomic<int> others{0};
  ended = 0;
  parallel_rows(threads, 300, 1, [&](int begin, int) {
    if (std::this_thread::get_id() != us) {
      this_thread.used = true;
      ++others;
    }
    if (begin == 100) {
      expect(others == 0, "nobody else before one is lent");
      threads.lend(1);
    }
    if (begin == 200) threads.lend(-1);
    if (std::this_thread::get_id() != us) return;
    while (begin > 100 && begin < 200 && others == 0) std::this_thread::yield();
    while (begin > 200 && ended == 0) std::this_thread::yield();  // or for ever
  });
  expect(threads.now() == 1, "as many as at first");
  threads.lend(5);
  expect(threads.now() == 2, "no more than the most");
}

// Threads that are all inside `work` before the first of them throws.
void several_threads_throw_at_once(int threads) {
  const int rows = 16 * 100;
  std::atomic<int> inside{0};
  std::string message;
  ended = 0;
  try {
    share_rows(threads, rows, [&](int begin, int) {
      this_thread.used = true;
      ++inside;
      while (inside < threads) std::this_thread::yield();
      throw std::runtime_error("row " + std::to_string(begin));
    });
    expect(false, "an error arrives");
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  const int row = message.rfind("row ", 0) == 0 ? std::stoi(message.substr(4)) : -1;
  expect(row >= 0 && row % 16 == 0 && row < 16 * threads, "the error of one that threw");
  expect(ended == threads - 1, "all other threads have ended");
  this_thread.used = false;
}

}  // namespace

int main() {
  every_row_is_done_once();
  threads_work_at_the_same_time();
  for (int round = 0; round < 100; ++round) lent_threads_help_while_they_are_lent();
  errors_come_out_when_all_have_ended();
  for (const int threads : {2, 8})
    for (int round = 0; round < 100; ++round) several_threads_throw_at_once(threads);
  return failures > 0;
}

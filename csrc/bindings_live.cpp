// Python's view of live.h: copies arrays in, lets callers take turns, releases the GIL for all but
// the shortest work.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "arrays.h"
#include "live.h"
#include "signal_poll.h"

namespace py = pybind11;

using palantir::Array;
using palantir::array_of;

namespace {

// Nodes of an interval that is worked on faster than the GIL changes hands.
constexpr std::int64_t kFewNodes = 64;

// A LiveSelector that several Python threads may call, one after the other.
class SharedLiveSelector {
 public:
  SharedLiveSelector(int patches, bool tail) : selector_(patches, tail) {}

  // `more`: nodes that come to those of the open interval.
  template <class Work>
  auto with(const Work& work, std::size_t more = 0) {
    if (busy_ == std::this_thread::get_id())  // a signal handler, while `select` looks for signals
      throw std::runtime_error("a live scheduler is called while it selects");
    std::unique_lock<std::mutex> turn(mutex_, std::try_to_lock);
    if (turn && selector_.nodes() + static_cast<std::int64_t>(more) <= kFewNodes)
      return worked(work);
    if (turn) turn.unlock();  // never waited for by a thread that has the GIL
    const py::gil_scoped_release release;
    turn.lock();
    return worked(work);
  }

 private:
  template <class Work>
  auto worked(const Work& work) {
    struct Owner {
      std::atomic<std::thread::id>& id;
      explicit Owner(std::atomic<std::thread::id>& busy) : id(busy) {
        id = std::this_thread::get_id();
      }
      ~Owner() { id = std::thread::id(); }
    };
    const Owner owner(busy_);
    return work(selector_);
  }

  std::mutex mutex_;
  std::atomic<std::thread::id> busy_;
  palantir::LiveSelector selector_;
};

// Wider than what an edge holds: numbers beyond it are refused, not cut.
using Whole = Array<std::int64_t>;

std::int32_t narrow(const char* what, std::int64_t value) {
  const auto narrowed = static_cast<std::int32_t>(value);
  if (narrowed != value)
    throw std::invalid_argument(std::string("an edge with ") + what + " " + std::to_string(value));
  return narrowed;
}

// Throws std::invalid_argument unless these are a texture of each patch and the columns of edges.
void check_columns(py::ssize_t patches, const std::array<const py::array*, 5>& columns) {
  for (const py::array* column : columns)
    if (column->ndim() != 1) throw std::invalid_argument("what is no column");
  const py::ssize_t edges = columns.back()->size();
  const auto of_edges = [&](const py::array* column) { return column->size() == edges; };
  if (columns[0]->size() == patches && std::all_of(columns.begin() + 1, columns.end(), of_edges))
    return;
  std::string lengths;
  for (const py::array* column : columns)
    lengths += (lengths.empty() ? "" : ", ") + std::to_string(column->size());
  throw std::invalid_argument("columns of lengths [" + lengths + "] for " +
                              std::to_string(patches) + " patches");
}

palantir::LiveFrame frame_of(std::int32_t index, bool shown, bool key,
                             const std::array<std::int32_t, palantir::kSlots>& slots,
                             py::ssize_t patches, const Array<double>& texture, const Whole& patch,
                             const Whole& reference, const Whole& source,
                             const Array<double>& weight) {
  check_columns(patches, {&texture, &patch, &reference, &source, &weight});
  palantir::LiveFrame frame{index, shown, key, slots,
                            {texture.data(), texture.data() + texture.size()}, {}};
  frame.edges.reserve(static_cast<std::size_t>(patch.size()));
  for (py::ssize_t i = 0; i < patch.size(); ++i)
    frame.edges.push_back({narrow("patch", patch.data()[i]),
                           narrow("reference", reference.data()[i]),
                           narrow("source patch", source.data()[i]), weight.data()[i]});
  palantir::check_sound(frame);
  return frame;
}

py::tuple run_select(SharedLiveSelector& live, std::int64_t count, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  palantir::SignalPoll poll;
  const auto keep_going = [&] {
    return std::chrono::duration<double>(Clock::now() - begin).count() < seconds && poll();
  };
  const palantir::Selection selection = live.with(
      [&](auto& selector) { return selector.select(count, keep_going); });
  palantir::raise_pending();
  return py::make_tuple(array_of(selection.order), array_of(selection.gain),
                        array_of(selection.total));
}

std::pair<double, double> pair_of(const palantir::Sums& sums) {
  return {sums.objective, sums.untouched};
}

std::pair<double, double> show(SharedLiveSelector& live, std::int32_t index) {
  return pair_of(live.with([&](auto& selector) { return selector.show(index); }));
}

std::pair<double, double> settle(SharedLiveSelector& live, const Array<std::int64_t>& anchors) {
  if (anchors.ndim() != 1) throw std::invalid_argument("anchors are no column");
  return pair_of(live.with(
      [&](auto& selector) { return selector.settle(anchors.data(), anchors.size()); }));
}

}  // namespace

void register_live(py::module_& module) {
  py::class_<palantir::LiveFrame>(module, "LiveFrame")
      .def(py::init(&frame_of), py::arg("index"), py::arg("shown"), py::arg("key"),
           py::arg("slots"), py::arg("patches"), py::arg("texture"), py::arg("patch"),
           py::arg("reference"), py::arg("source"), py::arg("weight"));
  py::class_<SharedLiveSelector>(module, "LiveSelector")
      .def(py::init<int, bool>(), py::arg("patches"), py::arg("tail"))
      .def(
          "push",
          [](SharedLiveSelector& live, palantir::LiveFrame frame) {
            const std::size_t patches = frame.texture.size();
            live.with([&](auto& selector) { selector.push(std::move(frame)); }, patches);
          },
          py::arg("frame"))
      .def("show", &show, py::arg("index"))
      .def("select", &run_select, py::arg("count"), py::arg("seconds"))
      .def("settle", &settle, py::arg("anchors"));
}

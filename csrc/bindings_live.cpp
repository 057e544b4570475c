// Python's view of live.h: copies arrays in, releases the GIL, lets callers take turns.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "arrays.h"
#include "live.h"
#include "signal_poll.h"

namespace py = pybind11;

using palantir::Array;
using palantir::array_of;

namespace {

// A LiveSelector that several Python threads may call, one after the other.
class SharedLiveSelector {
 public:
  SharedLiveSelector(int patches, bool tail) : selector_(patches, tail) {}

  template <class Work>
  auto with(const Work& work) {
    const py::gil_scoped_release release;
    const std::lock_guard<std::mutex> turn(mutex_);
    return work(selector_);
  }

 private:
  std::mutex mutex_;
  palantir::LiveSelector selector_;
};

template <typename T>
std::vector<T> vector_of(const Array<T>& array) {
  if (array.ndim() != 1) throw std::invalid_argument("an array of one dimension is needed");
  return {array.data(), array.data() + array.size()};
}

std::vector<palantir::Edge> edges_of(const Array<std::int32_t>& patch,
                                     const Array<std::int32_t>& reference,
                                     const Array<std::int32_t>& source,
                                     const Array<double>& weight) {
  const auto patches = vector_of(patch), references = vector_of(reference);
  const auto sources = vector_of(source);
  const auto weights = vector_of(weight);
  const std::size_t count = patches.size();
  if (references.size() != count || sources.size() != count || weights.size() != count)
    throw std::invalid_argument("the columns of edges differ in length");
  std::vector<palantir::Edge> edges(count);
  for (std::size_t i = 0; i < count; ++i)
    edges[i] = {patches[i], references[i], sources[i], weights[i]};
  return edges;
}

void push(SharedLiveSelector& live, std::int32_t index, bool shown, bool key,
          const std::array<std::int32_t, palantir::kSlots>& slots, const Array<double>& texture,
          const Array<std::int32_t>& patch, const Array<std::int32_t>& reference,
          const Array<std::int32_t>& source, const Array<double>& weight) {
  palantir::LiveFrame frame{index, shown, key, slots, vector_of(texture),
                            edges_of(patch, reference, source, weight)};
  live.with([&](palantir::LiveSelector& selector) { selector.push(std::move(frame)); });
}

py::tuple run_select(SharedLiveSelector& live, std::int64_t count, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  palantir::SignalPoll poll;
  const auto keep_going = [&] {
    return std::chrono::duration<double>(Clock::now() - begin).count() < seconds && poll();
  };
  const palantir::Selection selection = live.with(
      [&](palantir::LiveSelector& selector) { return selector.select(count, keep_going); });
  palantir::raise_pending();
  return py::make_tuple(array_of(selection.order), array_of(selection.gain),
                        array_of(selection.total));
}

}  // namespace

void register_live(py::module_& module) {
  py::class_<SharedLiveSelector>(module, "LiveSelector")
      .def(py::init<int, bool>(), py::arg("patches"), py::arg("tail"))
      .def("push", &push, py::arg("index"), py::arg("shown"), py::arg("key"), py::arg("slots"),
           py::arg("texture"), py::arg("patch"), py::arg("reference"), py::arg("source"),
           py::arg("weight"))
      .def(
          "show",
          [](SharedLiveSelector& live, std::int32_t index) {
            return live.with(
                [&](palantir::LiveSelector& selector) { return selector.show(index); });
          },
          py::arg("index"))
      .def("select", &run_select, py::arg("count"), py::arg("seconds"))
      .def(
          "settle",
          [](SharedLiveSelector& live, const Array<std::int64_t>& anchors) {
            const auto nodes = vector_of(anchors);
            return live.with([&](palantir::LiveSelector& selector) {
              return selector.settle(nodes.data(), static_cast<std::int64_t>(nodes.size()));
            });
          },
          py::arg("anchors"));
}

// Python's view of select.h: checks array sizes, releases the GIL, hands arrays over.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrays.h"
#include "select.h"
#include "signal_poll.h"
#include "tiers.h"

namespace py = pybind11;

using palantir::Array;
using palantir::array_of;

namespace {

using Int64 = Array<std::int64_t>;
using Int32 = Array<std::int32_t>;
using Double = Array<double>;
using Byte = Array<std::uint8_t>;

template <typename T>
void expect_length(const Array<T>& array, py::ssize_t length, const char* name) {
  if (array.ndim() == 1 && array.shape(0) == length) return;
  throw std::invalid_argument(std::string(name) + " does not have length " +
                              std::to_string(length));
}

palantir::GraphView view(const Int64& row_start, const Int32& reference, const Double& weight,
                         const Double& texture, const Byte& shown) {
  const py::ssize_t nodes = texture.size();
  const py::ssize_t edges = reference.size();
  expect_length(texture, nodes, "texture");
  expect_length(row_start, nodes + 1, "row_start");
  expect_length(reference, edges, "reference");
  expect_length(weight, edges, "weight");
  expect_length(shown, nodes, "shown");
  const palantir::GraphView graph{nodes,         row_start.data(), reference.data(),
                                  weight.data(), texture.data(),   shown.data()};
  if (const char* reason = palantir::fault(graph, edges)) throw std::invalid_argument(reason);
  return graph;
}

Double run_sweep_errors(const Int64& row_start, const Int32& reference, const Double& weight,
                        const Double& texture, const Byte& shown, const Byte& anchor,
                        const std::optional<Double>& remaining) {
  const auto graph = view(row_start, reference, weight, texture, shown);
  expect_length(anchor, graph.nodes, "anchor");
  if (remaining) expect_length(*remaining, graph.nodes, "remaining");
  Double result(graph.nodes);
  double* out = result.mutable_data();
  const std::uint8_t* flags = anchor.data();
  const double* left = remaining ? remaining->data() : nullptr;
  {
    py::gil_scoped_release release;
    palantir::sweep_errors(graph, flags, out, left);
  }
  return result;
}

Double run_sweep_influence(const Int64& row_start, const Int32& reference, const Double& weight,
                           const Double& texture, const Byte& shown, const Byte& anchor) {
  const auto graph = view(row_start, reference, weight, texture, shown);
  expect_length(anchor, graph.nodes, "anchor");
  Double result(graph.nodes);
  double* out = result.mutable_data();
  const std::uint8_t* flags = anchor.data();
  {
    py::gil_scoped_release release;
    palantir::sweep_influence(graph, flags, out);
  }
  return result;
}

Double run_objectives(const Int64& row_start, const Int32& reference, const Double& weight,
                      const Double& texture, const Byte& shown, const Int64& order) {
  const auto graph = view(row_start, reference, weight, texture, shown);
  expect_length(order, order.size(), "order");
  const std::int64_t* picks = order.data();
  if (std::any_of(picks, picks + order.size(),
                    [&](std::int64_t node) { return node < 0 || node >= graph.nodes; })) {
    throw std::invalid_argument("order names a node outside the graph");
  }
  std::vector<double> total;
  {
    py::gil_scoped_release release;
    total = palantir::objectives(graph, picks, order.size(), palantir::SignalPoll());
  }
  palantir::raise_pending();
  return array_of(total);
}

py::tuple run_select_adjoint(const Int64& row_start, const Int32& reference,
                             const Double& weight, const Double& texture, const Byte& shown,
                             std::int64_t count) {
  const auto graph = view(row_start, reference, weight, texture, shown);
  palantir::Selection selection;
  {
    py::gil_scoped_release release;
    selection = palantir::select_adjoint(graph, count, palantir::SignalPoll());
  }
  palantir::raise_pending();
  return py::make_tuple(array_of(selection.order), array_of(selection.gain),
                          array_of(selection.total));
}

// sizes: width and height of each frame
std::vector<palantir::FrameSize> frames_of(const palantir::GraphView& graph,
                                           const palantir::PatchGrid& grid, const Int32& sizes) {
  const bool pairs = sizes.ndim() == 2 && sizes.shape(1) == 2;
  if (!pairs || grid.rows < 1 || grid.columns < 1 ||
      sizes.shape(0) * std::int64_t{grid.rows} * grid.columns != graph.nodes) {
    throw std::invalid_argument("sizes and grid do not make the graph's nodes");
  }
  std::vector<palantir::FrameSize> frames;
  for (py::ssize_t t = 0; t < sizes.shape(0); ++t) {
    frames.push_back({sizes.at(t, 0), sizes.at(t, 1)});
  }
  return frames;
}

py::tuple run_select_gain_per_cost(const Int64& row_start, const Int32& reference,
                                   const Double& weight, const Double& texture, const Byte& shown,
                                   int rows, int columns, const Int32& sizes, std::int64_t halo,
                                   std::int64_t count) {
  const auto graph = view(row_start, reference, weight, texture, shown);
  const palantir::PatchGrid grid{rows, columns};
  const auto frames = frames_of(graph, grid, sizes);
  palantir::Selection selection;
  {
    py::gil_scoped_release release;
    selection = palantir::select_gain_per_cost(graph, grid, frames, halo, count,
                                               palantir::SignalPoll());
  }
  palantir::raise_pending();
  return py::make_tuple(array_of(selection.order), array_of(selection.gain),
                        array_of(selection.total));
}

// networks: halo and price of the light and of the large one
py::tuple run_select_tiers(const Int64& row_start, const Int32& reference, const Double& weight,
                           const Double& texture, const Byte& shown, int rows, int columns,
                           const Int32& sizes,
                           const std::array<std::array<std::int64_t, 2>, 2>& networks,
                           std::int64_t price, const Double& remaining, std::int64_t allowed) {
  const auto graph = view(row_start, reference, weight, texture, shown);
  const palantir::PatchGrid grid{rows, columns};
  const auto frames = frames_of(graph, grid, sizes);
  expect_length(remaining, graph.nodes, "remaining");
  const double* left = remaining.data();
  const std::array<palantir::NetworkTier, 2> tiers{{{networks[0][0], networks[0][1]},
                                                    {networks[1][0], networks[1][1]}}};
  palantir::TierSelection selection;
  {
    py::gil_scoped_release release;
    selection = palantir::select_tiers(graph, grid, frames, tiers, price, left, allowed,
                                       palantir::SignalPoll());
  }
  palantir::raise_pending();
  return py::make_tuple(array_of(selection.order), array_of(selection.light),
                        array_of(selection.gain), selection.objective);
}

}  // namespace

void register_select(py::module_& module) {
  const auto row_start = py::arg("row_start");
  const auto reference = py::arg("reference");
  const auto weight = py::arg("weight");
  const auto texture = py::arg("texture");
  const auto shown = py::arg("shown");
  module.attr("TIE_TOLERANCE") = palantir::kTieTolerance;
  module.def("sweep_errors", &run_sweep_errors, row_start, reference, weight, texture, shown,
               py::arg("anchor"), py::arg("remaining") = py::none());
  module.def("sweep_influence", &run_sweep_influence, row_start, reference, weight, texture,
               shown, py::arg("anchor"));
  module.def("objectives", &run_objectives, row_start, reference, weight, texture, shown,
               py::arg("order"));
  module.def("select_adjoint", &run_select_adjoint, row_start, reference, weight, texture,
               shown, py::arg("count"));
  module.def("select_gain_per_cost", &run_select_gain_per_cost, row_start, reference, weight,
             texture, shown, py::arg("rows"), py::arg("columns"), py::arg("sizes"),
             py::arg("halo"), py::arg("count"));
  module.def("select_tiers", &run_select_tiers, row_start, reference, weight, texture, shown,
             py::arg("rows"), py::arg("columns"), py::arg("sizes"), py::arg("networks"),
             py::arg("price"), py::arg("remaining"), py::arg("allowed"));
}

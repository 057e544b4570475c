// Python's view of merged_tiles.h.
#include <pybind11/pybind11.h>

#include "merged_tiles.h"

namespace py = pybind11;

void register_tiles(py::module_& module) {
  py::class_<palantir::MergedTiles>(module, "MergedTiles")
      .def(py::init([](int rows, int columns, int width, int height, std::int64_t halo) {
             return palantir::MergedTiles({rows, columns}, width, height, halo);
           }),
           py::arg("rows"), py::arg("columns"), py::arg("width"), py::arg("height"),
           py::arg("halo"))
      .def("add", &palantir::MergedTiles::add, py::arg("patch"));
}

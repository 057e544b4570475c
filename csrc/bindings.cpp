// The extension module `palantir._core`. Bindings hold no logic: they check array shapes, release
// the GIL and call the core.
#include <pybind11/pybind11.h>

void register_decoder(pybind11::module_& module);
void register_live(pybind11::module_& module);
void register_network(pybind11::module_& module);
void register_reuse(pybind11::module_& module);
void register_select(pybind11::module_& module);
void register_tiles(pybind11::module_& module);

PYBIND11_MODULE(_core, module) {
  module.doc() = "Native core of palantir: VP9 trace, anchor selection and SR reuse.";
  register_decoder(module);
  register_live(module);
  register_network(module);
  register_reuse(module);
  register_select(module);
  register_tiles(module);
}

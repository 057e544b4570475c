#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "arrays.h"
#include "confidence.h"
#include "resample.h"
#include "reuse.h"
#include "simd.h"

namespace py = pybind11;
using namespace palantir;

namespace {

void check_scale(int scale) {
  if (scale < 1 || scale > kMaxScale)
    throw py::value_error("scale must be 1.." + std::to_string(kMaxScale) + ", not " +
                          std::to_string(scale));
}

void check_fade(double fade) {
  if (!(fade > 0)) throw py::value_error("fade must be above 0, not " + std::to_string(fade));
}

void check_frame(const CodedFrame& frame) {
  if (frame.picture.deep || frame.facts.bit_depth != 8 || frame.facts.subsampling_x != 1 ||
      frame.facts.subsampling_y != 1)
    throw py::value_error("reuse takes 8-bit 4:2:0 frames");
}

Kernel kernel_named(const std::string& name) {
  if (name == "bilinear") return Kernel::kBilinear;
  if (name == "bicubic") return Kernel::kBicubic;
  throw py::value_error("kernel must be bilinear or bicubic, not " + name);
}

template <class Sample>
using ReferenceArrays = std::map<int32_t, PlaneArrays<Sample>>;

// Views of the references' planes, each checked to have the size that reuse will address.
template <class Sample>
References<Sample> view_references(const ReferenceArrays<Sample>& arrays, const CodedFrame& frame,
                                   int scale) {
  References<Sample> references;
  for (const auto& [index, planes] : arrays) {
    const Planes<const Sample> views{view<Sample>(std::get<0>(planes)),
                                     view<Sample>(std::get<1>(planes)),
                                     view<Sample>(std::get<2>(planes))};
    bool fits = true;
    for (int p = 0; p < kPlanes; ++p)
      fits &= views[p].width == frame.facts.plane_width[p] * scale &&
              views[p].height == frame.facts.plane_height[p] * scale;
    // A reference of another size is legal: no block of this frame is marked usable with it.
    if (fits) references.emplace(index, views);
  }
  return references;
}

template <class Sample>
PlaneArrays<Sample> make_planes(const CodedFrame& frame, int scale) {
  const auto make = [&](int p) {
    return make_plane<Sample>(frame.facts.plane_width[p] * scale,
                              frame.facts.plane_height[p] * scale);
  };
  return {make(0), make(1), make(2)};
}

template <class Sample>
Planes<Sample> writable_views(PlaneArrays<Sample>& arrays) {
  return {writable_view(std::get<0>(arrays)), writable_view(std::get<1>(arrays)),
          writable_view(std::get<2>(arrays))};
}

PlaneArrays<int16_t> detail(const CodedFrame& frame, const ReferenceArrays<int16_t>& arrays,
                            int scale, double fade) {
  check_scale(scale);
  check_frame(frame);
  check_fade(fade);
  const auto references = view_references<int16_t>(arrays, frame, scale);
  auto out = make_planes<int16_t>(frame, scale);
  const auto views = writable_views<int16_t>(out);
  py::gil_scoped_release release;
  reuse_detail(frame, references, scale, fade, views);
  return out;
}

PlaneArrays<uint8_t> paper(const CodedFrame& frame, const ReferenceArrays<uint8_t>& arrays,
                           int scale) {
  check_scale(scale);
  check_frame(frame);
  const auto references = view_references<uint8_t>(arrays, frame, scale);
  auto out = make_planes<uint8_t>(frame, scale);
  const auto views = writable_views<uint8_t>(out);
  py::gil_scoped_release release;
  reuse_paper(frame, references, scale, views);
  return out;
}

PlaneArray<int16_t> upscale_plane(const PlaneArray<uint8_t>& plane, int scale,
                                  const std::string& kernel) {
  check_scale(scale);
  const auto in = view<uint8_t>(plane);
  if (in.width < 1 || in.height < 1) throw py::value_error("an empty plane cannot be upscaled");
  const Kernel chosen = kernel_named(kernel);
  auto out = make_plane<int16_t>(in.width * scale, in.height * scale);
  const auto target = writable_view<int16_t>(out);
  py::gil_scoped_release release;
  upscale(in, scale, chosen, target);
  return out;
}

PlaneArray<uint8_t> compose_plane(const PlaneArray<int16_t>& base,
                                  const std::optional<PlaneArray<int16_t>>& added) {
  const auto low = view<int16_t>(base);
  Plane<const int16_t> high;
  if (added) {
    high = view<int16_t>(*added);
    if (high.width != low.width || high.height != low.height)
      throw py::value_error("base and detail differ in size");
  }
  auto out = make_plane<uint8_t>(low.width, low.height);
  const auto target = writable_view<uint8_t>(out);
  py::gil_scoped_release release;
  compose(low, high, target);
  return out;
}

py::array_t<uint16_t> confidence(const CodedFrame& frame, double fade) {
  check_frame(frame);
  check_fade(fade);
  std::vector<uint16_t> map;
  {
    py::gil_scoped_release release;
    map = measure_confidence(frame, fade);
  }
  py::array_t<uint16_t> array({frame.facts.height, frame.facts.width});
  std::copy(map.begin(), map.end(), array.mutable_data());
  return array;
}

}  // namespace

void register_reuse(py::module_& module) {
  module.attr("FRACTION_BITS") = kFractionBits;
  module.attr("MAX_SCALE") = kMaxScale;
  module.def("simd_level", [] { return std::string(simd_level()); });
  module.def("upscale", &upscale_plane, py::arg("plane"), py::arg("scale"), py::arg("kernel"));
  module.def("compose", &compose_plane, py::arg("base"), py::arg("detail") = py::none());
  module.def("confidence", &confidence, py::arg("frame"), py::arg("fade"));
  module.def("reuse_detail", &detail, py::arg("frame"), py::arg("references"), py::arg("scale"),
             py::arg("fade"));
  module.def("reuse_paper", &paper, py::arg("frame"), py::arg("references"), py::arg("scale"));
}

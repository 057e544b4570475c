#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "arrays.h"
#include "parallel.h"
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
  if (name == "sharp") return Kernel::kSharp;
  throw py::value_error("kernel must be bilinear, bicubic or sharp, not " + name);
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

// SR planes of a frame in one buffer of the pool.
struct SRBuffer {
  BufferPool::Buffer bytes;
  Planes<uint8_t> planes;

  SRBuffer(const CodedFrame& frame, int scale, BufferPool& pool) {
    size_t size = 0, offset[kPlanes];
    for (int p = 0; p < kPlanes; ++p) {
      planes[p].width = frame.facts.plane_width[p] * scale;
      planes[p].height = frame.facts.plane_height[p] * scale;
      planes[p].stride = planes[p].width;
      offset[p] = size;
      size += static_cast<size_t>(planes[p].width) * planes[p].height;
    }
    bytes = pool.take(size);
    for (int p = 0; p < kPlanes; ++p) planes[p].data = bytes.get() + offset[p];
  }
};

using Rectangle = std::tuple<int, int, int, int>;  // left, top, right, bottom

// Throws ValueError where one does not lie in the frame.
std::vector<Area> areas_of(const std::vector<Rectangle>& anchors, const CodedFrame& frame) {
  std::vector<Area> areas;
  for (const auto& [left, top, right, bottom] : anchors) {
    if (left < 0 || top < 0 || left >= right || top >= bottom || right > frame.facts.width ||
        bottom > frame.facts.height)
      throw py::value_error("an anchor from (" + std::to_string(left) + ", " + std::to_string(top) +
                            ") to (" + std::to_string(right) + ", " + std::to_string(bottom) +
                            ") does not lie in its frame");
    areas.push_back({left, top, right - left, bottom - top});
  }
  return areas;
}

std::shared_ptr<DetailMap> detail(const CodedFrame& frame, const DetailReferences& references,
                                  int scale, double fade,
                                  std::shared_ptr<const DetailSource> source, BufferPool& pool,
                                  const Threads& threads) {
  check_scale(scale);
  check_frame(frame);
  check_fade(fade);
  for (const auto& [index, map] : references)
    if (!map) throw py::value_error("reference " + std::to_string(index) + " is None");
  if (source && (source->index() != frame.facts.index || source->scale() != scale))
    throw py::value_error("the source is another frame's");
  py::gil_scoped_release release;
  return reuse_detail(frame, references, scale, fade, std::move(source), pool, threads);
}

using Weights = py::array_t<int16_t, py::array::c_style>;

std::shared_ptr<FilterBank> make_bank(const Weights& weights) {
  const auto side = weights.ndim() == 4 ? weights.shape(3) : 0;
  if (side < 2 || side > kMaxScale || weights.shape(2) != side ||
      weights.shape(0) != kFilterClasses || weights.shape(1) != kFilterTaps)
    throw py::value_error("filters are an array of [" + std::to_string(kFilterClasses) + ", " +
                          std::to_string(kFilterTaps) + ", scale, scale], with a scale of 2..4");
  return std::make_shared<FilterBank>(weights.data(), static_cast<int>(side));
}

PlaneArray<int16_t> upscale_by_bank(const FilterBank& bank, const PlaneArray<uint8_t>& plane) {
  const auto in = view<uint8_t>(plane);
  if (in.width < 1 || in.height < 1) throw py::value_error("an empty plane cannot be upscaled");
  auto out = make_plane<int16_t>(in.width * bank.scale(), in.height * bank.scale());
  const auto target = writable_view<int16_t>(out);
  py::gil_scoped_release release;
  FilteredRows rows(in, bank);
  for (int y = 0; y < target.height; ++y) std::copy_n(rows.row(y), target.width, target.row(y));
  return out;
}

PlaneArray<uint8_t> classes_of(const PlaneArray<uint8_t>& plane) {
  const auto in = view<uint8_t>(plane);
  if (in.width < 1 || in.height < 1) throw py::value_error("an empty plane has no classes");
  auto out = make_plane<uint8_t>(in.width, in.height);
  const auto target = writable_view<uint8_t>(out);
  py::gil_scoped_release release;
  Classifier classifier(in);
  for (int y = 0; y < in.height; ++y) classifier.row(y, target.row(y));
  return out;
}

py::tuple render(const CodedFrame& frame, const DetailMap* map, int scale, BufferPool& pool,
                 const Threads& threads, const FilterBank* bank) {
  check_scale(scale);
  check_frame(frame);
  if (bank && bank->scale() != scale)
    throw py::value_error("filters for x" + std::to_string(bank->scale()) + ", not x" +
                          std::to_string(scale));
  if (map && !map->fits(frame, scale))
    throw py::value_error("a map of another size than the frame");
  const SRBuffer sr(frame, scale, pool);
  {
    py::gil_scoped_release release;
    share_rows(threads, spots(frame.facts.height), [&](int begin, int end) {
      for (int p = 0; p < kPlanes; ++p)
        render_detail(frame, map, scale, bank, p, begin, end, sr.planes[p]);
    });
  }
  return lend(sr.bytes, sr.planes);
}

py::tuple paper(const CodedFrame& frame, const ReferenceArrays<uint8_t>& arrays, int scale,
                BufferPool& pool, const Threads& threads) {
  check_scale(scale);
  check_frame(frame);
  if (!frame.full) throw py::value_error("the paper's reuse needs frames with a full trace");
  const auto references = view_references<uint8_t>(arrays, frame, scale);
  const SRBuffer sr(frame, scale, pool);
  {
    py::gil_scoped_release release;
    reuse_paper(frame, references, scale, sr.planes, threads);
  }
  return lend(sr.bytes, sr.planes);
}

std::shared_ptr<DetailSource> make_source(const CodedFrame& frame, int scale,
                                          const std::vector<Rectangle>& anchors, BufferPool& pool) {
  check_scale(scale);
  check_frame(frame);
  std::vector<Area> areas = areas_of(anchors, frame);
  py::gil_scoped_release release;
  return std::make_shared<DetailSource>(pool, frame, scale, std::move(areas));
}

void add_detail(DetailSource& source, int p, int x, int y, const PlaneArray<int16_t>& detail,
                BufferPool& pool) {
  const auto samples = view<int16_t>(detail);
  if (p < 0 || p >= kPlanes) throw py::value_error("plane must be 0..2, not " + std::to_string(p));
  if (!source.contains(p, {x, y, samples.width, samples.height}))
    throw py::value_error("an anchor of " + std::to_string(samples.width) + "x" +
                          std::to_string(samples.height) + " samples does not lie in its plane");
  py::gil_scoped_release release;
  source.add(pool, p, x, y, samples);
}

template <class Sample>
PlaneArray<Sample> copy_of(const Plane<const Sample>& plane) {
  auto array = make_plane<Sample>(plane.width, plane.height);
  const auto out = writable_view<Sample>(array);
  for (int y = 0; y < plane.height; ++y) std::copy_n(plane.row(y), plane.width, out.row(y));
  return array;
}

template <class Sample>
auto copy_member(Plane<Sample> DetailMap::*plane) {
  return [plane](const DetailMap& map) { return copy_of<Sample>(map.*plane); };
}

std::vector<int32_t> source_indices(const DetailMap& map) {
  std::vector<int32_t> indices;
  for (const auto& source : map.sources()) indices.push_back(source->index());
  return indices;
}

PlaneArray<int16_t> upscale_part(const PlaneArray<uint8_t>& plane, int scale, int x, int y,
                                 int width, int height, const std::string& kernel) {
  check_scale(scale);
  const Kernel chosen = kernel_named(kernel);
  const auto in = view<uint8_t>(plane);
  if (x < 0 || y < 0 || width < 1 || height < 1 || width > in.width - x || height > in.height - y)
    throw py::value_error("a part of " + std::to_string(width) + "x" + std::to_string(height) +
                          " samples does not lie in its plane");
  auto out = make_plane<int16_t>(width * scale, height * scale);
  const auto target = writable_view<int16_t>(out);
  py::gil_scoped_release release;
  upscale_area(in, scale, chosen, x, y, target);
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

}  // namespace

void register_reuse(py::module_& module) {
  module.attr("FRACTION_BITS") = kFractionBits;
  module.attr("MAX_SCALE") = kMaxScale;
  module.attr("FILTER_CLASSES") = kFilterClasses;
  module.attr("FILTER_BITS") = kFilterBits;
  module.attr("FILTER_WEIGHT_BOUND") = kMaxFilterWeight;
  py::list taps;
  for (const auto& [down, across] : kFilterOffsets) taps.append(py::make_tuple(down, across));
  module.attr("FILTER_TAPS") = py::tuple(taps);
  module.def("simd_level", [] { return std::string(name_of(simd_level())); });
  module.def("upscale", &upscale_plane, py::arg("plane"), py::arg("scale"), py::arg("kernel"));
  module.def("upscale_area", &upscale_part, py::arg("plane"), py::arg("scale"), py::arg("x"),
             py::arg("y"), py::arg("width"), py::arg("height"), py::arg("kernel"));
  module.def("compose", &compose_plane, py::arg("base"), py::arg("detail") = py::none());
  py::class_<Threads>(module, "Threads")
      .def(py::init<int, int>(), py::arg("count"), py::arg("most") = 1)
      .def("lend", &Threads::lend, py::arg("more"));
  py::implicitly_convertible<int, Threads>();
  py::class_<BufferPool, std::shared_ptr<BufferPool>>(module, "BufferPool")
      .def(py::init(&BufferPool::create));
  py::class_<FilterBank, std::shared_ptr<FilterBank>>(module, "FilterBank")
      .def(py::init(&make_bank), py::arg("weights"))
      .def_property_readonly("scale", &FilterBank::scale)
      .def("upscale", &upscale_by_bank, py::arg("plane"));
  module.def("filter_classes", &classes_of, py::arg("plane"));
  py::class_<DetailSource, std::shared_ptr<DetailSource>>(module, "DetailSource")
      .def(py::init(&make_source), py::arg("frame"), py::arg("scale"), py::arg("anchors"),
           py::arg("pool"))
      .def("add", &add_detail, py::arg("plane"), py::arg("x"), py::arg("y"), py::arg("detail"),
           py::arg("pool"));
  py::class_<DetailMap, std::shared_ptr<DetailMap>>(module, "DetailMap")
      .def_property_readonly("sources", &source_indices)
      .def_property_readonly("source", copy_member(&DetailMap::source))
      .def_property_readonly("down", copy_member(&DetailMap::down))
      .def_property_readonly("across", copy_member(&DetailMap::across))
      .def_property_readonly("confidence", copy_member(&DetailMap::confidence));
  module.def("reuse_detail", &detail, py::arg("frame"), py::arg("references"), py::arg("scale"),
             py::arg("fade"), py::arg("source").none(true), py::arg("pool"),
             py::arg("threads") = 1);
  module.def("render_detail", &render, py::arg("frame"), py::arg("detail").none(true),
             py::arg("scale"), py::arg("pool"), py::arg("threads") = 1,
             py::arg("filters") = py::none());
  module.def("reuse_paper", &paper, py::arg("frame"), py::arg("references"), py::arg("scale"),
             py::arg("pool"), py::arg("threads") = 1);
}

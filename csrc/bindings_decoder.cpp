#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "decoder.h"
#include "patch_detail.h"
#include "texture.h"
#include "vpx/vpx_codec.h"
#include "vpx_config.h"
#include "weights.h"

namespace py = pybind11;
using namespace palantir;

namespace {

template <class Sample>
py::tuple to_arrays(const Picture& picture, py::handle owner) {
  return py::make_tuple(borrow<Sample>(picture.plane<const Sample>(0), owner),
                        borrow<Sample>(picture.plane<const Sample>(1), owner),
                        borrow<Sample>(picture.plane<const Sample>(2), owner));
}

py::tuple planes_of(const Picture& picture, py::handle owner) {
  return picture.deep ? to_arrays<uint16_t>(picture, owner) : to_arrays<uint8_t>(picture, owner);
}

template <class Sample>
py::array copy_plane(const vpx_image_t& image, int p) {
  const int width = p ? (image.d_w + image.x_chroma_shift) >> image.x_chroma_shift : image.d_w;
  const int height = p ? (image.d_h + image.y_chroma_shift) >> image.y_chroma_shift : image.d_h;
  auto array = make_plane<Sample>(width, height);
  auto out = writable_view(array);
  for (int y = 0; y < height; ++y) {
    const auto* row = reinterpret_cast<const Sample*>(
        image.planes[p] + static_cast<std::ptrdiff_t>(y) * image.stride[p]);
    std::copy(row, row + width, out.row(y));
  }
  return array;
}

py::object displayed_planes(const Decoder& decoder) {
  const vpx_image_t* image = decoder.displayed();
  if (!image) return py::none();
  const bool deep = image->fmt & VPX_IMG_FMT_HIGHBITDEPTH;
  py::tuple planes(kPlanes);
  for (int p = 0; p < kPlanes; ++p)
    planes[p] = deep ? copy_plane<uint16_t>(*image, p) : copy_plane<uint8_t>(*image, p);
  return planes;
}

py::tuple decode(Decoder& decoder, const py::bytes& data) {
  char* bytes = nullptr;
  py::ssize_t size = 0;
  if (PyBytes_AsStringAndSize(data.ptr(), &bytes, &size)) throw py::error_already_set();
  DecodedPacket packet;
  {
    py::gil_scoped_release release;
    packet = decoder.decode(reinterpret_cast<const uint8_t*>(bytes), static_cast<size_t>(size));
  }
  py::list frames;
  for (const auto& frame : packet.frames)
    frames.append(py::cast(std::const_pointer_cast<CodedFrame>(frame)));
  return py::make_tuple(frames, packet.displayed, packet.displayed_index);
}

void check_full(const CodedFrame& frame) {
  if (!frame.full) throw py::value_error("the decoder was asked for less than a full trace");
}

py::array_t<double> texture(const CodedFrame& frame, int rows, int columns) {
  check_full(frame);
  std::vector<double> values;
  {
    py::gil_scoped_release release;
    values = measure_texture(frame, {rows, columns});
  }
  return array_of(values);
}

// Columns patch, reference, source and weight.
py::tuple columns_of(const std::vector<Edge>& edges) {
  const auto count = static_cast<py::ssize_t>(edges.size());
  py::array_t<int32_t> patch(count), reference(count), source(count);
  py::array_t<double> weight(count);
  auto *patches = patch.mutable_data(), *references = reference.mutable_data();
  auto* sources = source.mutable_data();
  auto* values = weight.mutable_data();
  for (const Edge& edge : edges) {
    *patches++ = edge.patch;
    *references++ = edge.reference;
    *sources++ = edge.source;
    *values++ = edge.weight;
  }
  return py::make_tuple(patch, reference, source, weight);
}

py::tuple weights(const CodedFrame& frame, int rows, int columns) {
  PatchWeights measured;
  {
    py::gil_scoped_release release;
    measured = measure_weights(frame, {rows, columns});
  }
  py::array_t<int64_t> intra(static_cast<py::ssize_t>(measured.intra_pixels.size()),
                             measured.intra_pixels.data());
  return columns_of(measured.edges) + py::make_tuple(intra);
}

py::tuple detail(const CodedFrame& frame, int rows, int columns, double fade) {
  check_full(frame);
  PatchDetail measured;
  {
    py::gil_scoped_release release;
    measured = measure_detail(frame, {rows, columns}, fade);
  }
  return py::make_tuple(array_of(measured.energy), array_of(measured.missing)) +
         columns_of(measured.edges);
}

template <class Field>
auto fact(Field PalantirFrame::*field) {
  return [field](const CodedFrame& frame) { return frame.facts.*field; };
}

auto flag(uint8_t PalantirFrame::*field) {
  return [field](const CodedFrame& frame) { return frame.facts.*field != 0; };
}

void register_frame(py::module_& module) {
  PYBIND11_NUMPY_DTYPE(Block, x, y, width, height, inter, split, skip, filter, usable, reserved,
                       reference, mv);
  const auto picture = [](Picture CodedFrame::*field) {
    return [field](const py::object& self) {
      return planes_of(self.cast<const CodedFrame&>().*field, self);
    };
  };
  const auto traced = [picture](Picture CodedFrame::*field) {
    return [get = picture(field)](const py::object& self) {
      check_full(self.cast<const CodedFrame&>());
      return get(self);
    };
  };
  py::class_<CodedFrame, std::shared_ptr<CodedFrame>>(module, "CodedFrame")
      .def_property_readonly("index", fact(&PalantirFrame::index))
      .def_property_readonly("width", fact(&PalantirFrame::width))
      .def_property_readonly("height", fact(&PalantirFrame::height))
      .def_property_readonly("bit_depth", fact(&PalantirFrame::bit_depth))
      .def_property_readonly("refresh", fact(&PalantirFrame::refresh))
      .def_property_readonly("quantizer", fact(&PalantirFrame::quantizer))
      .def_property_readonly("filter_level", fact(&PalantirFrame::filter_level))
      .def_property_readonly("color_space", fact(&PalantirFrame::color_space))
      .def_property_readonly("coded_bytes", fact(&PalantirFrame::coded_bytes))
      .def_property_readonly("key", flag(&PalantirFrame::key))
      .def_property_readonly("intra_only", flag(&PalantirFrame::intra_only))
      .def_property_readonly("full_range", flag(&PalantirFrame::full_range))
      .def_property_readonly("lossless", flag(&PalantirFrame::lossless))
      .def_readonly("shown", &CodedFrame::shown)
      .def_readonly("full", &CodedFrame::full)
      .def_property_readonly("subsampling",
                             [](const CodedFrame& f) {
                               return std::pair<int, int>(f.facts.subsampling_x,
                                                          f.facts.subsampling_y);
                             })
      .def_property_readonly("references",
                             [](const CodedFrame& f) {
                               return py::tuple(py::cast(std::vector<int32_t>(
                                   f.facts.references, f.facts.references + PALANTIR_REFERENCES)));
                             })
      .def_property_readonly("slots",
                             [](const CodedFrame& f) {
                               return py::tuple(py::cast(std::vector<int32_t>(
                                   f.facts.slots, f.facts.slots + PALANTIR_SLOTS)));
                             })
      .def_property_readonly("blocks",
                             [](const py::object& self) {
                               const auto& blocks = self.cast<const CodedFrame&>().blocks;
                               py::array_t<Block> array(static_cast<py::ssize_t>(blocks.size()),
                                                        blocks.data(), self);
                               array.attr("setflags")(py::arg("write") = false);
                               return array;
                             })
      .def_property_readonly("planes", picture(&CodedFrame::picture))
      .def_property_readonly("prediction", traced(&CodedFrame::prediction))
      .def_property_readonly("reconstruction", traced(&CodedFrame::reconstruction))
      .def("texture", &texture, py::arg("rows"), py::arg("columns"))
      .def("weights", &weights, py::arg("rows"), py::arg("columns"))
      .def("detail", &detail, py::arg("rows"), py::arg("columns"), py::arg("fade"));
}

}  // namespace

void register_decoder(py::module_& module) {
  register_frame(module);
  py::register_exception<DecodeError>(module, "DecodeError");
  py::class_<Decoder>(module, "Decoder")
      .def(py::init([](int threads, bool row_mt, bool observe, bool full, int max_width,
                       int max_height) {
             return std::make_unique<Decoder>(
                 DecoderOptions{threads, row_mt, observe, full, max_width, max_height});
           }),
           py::kw_only(), py::arg("threads") = 1, py::arg("row_mt") = false,
           py::arg("observe") = true, py::arg("full") = true, py::arg("max_width") = 0,
           py::arg("max_height") = 0)
      .def("decode", &decode, py::arg("data"))
      .def("displayed_planes", &displayed_planes);
  module.def("libvpx_version", [] { return std::string(vpx_codec_version_str()); });
  module.def("libvpx_configuration", [] { return std::string(vpx_codec_build_config()); });
  module.def("size_limit",
             [] { return std::pair<int, int>(DECODE_WIDTH_LIMIT, DECODE_HEIGHT_LIMIT); });
}

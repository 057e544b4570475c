// Python's view of network_output.h.
#include <string>
#include <tuple>

#include "arrays.h"
#include "network_output.h"

namespace py = pybind11;
using namespace palantir;

namespace {

using Fixed = PlaneArray<int16_t>;
using Result = py::array_t<float, py::array::c_style>;  // [channels, height, width]

// Channel `c` of a result that has `channels` of them.
Plane<const float> channel(const Result& result, int channels, int c) {
  if (result.ndim() != 3 || result.shape(0) != channels || result.shape(1) > kMaxPlaneSide ||
      result.shape(2) > kMaxPlaneSide)
    throw py::value_error("a result has " + std::to_string(channels) + " channels of pixels");
  return {result.data(c), result.shape(2), static_cast<int>(result.shape(2)),
          static_cast<int>(result.shape(1))};
}

template <class Sample>
void check_lies_in(const Plane<const float>& network, int x, int y, const Plane<Sample>& out) {
  if (x < 0 || y < 0 || out.width > network.width - x || out.height > network.height - y)
    throw py::value_error("a part of " + std::to_string(out.width) + "x" +
                          std::to_string(out.height) + " samples does not lie in the result");
}

Fixed detail_of(const Result& result, int x, int y, int width, int height, float gain) {
  const Plane<const float> network = channel(result, 1, 0);
  if (width < 0 || height < 0) throw py::value_error("a part has no negative size");
  check_lies_in(network, x, y, Plane<int16_t>{nullptr, 0, width, height});
  Fixed out = make_plane<int16_t>(width, height);
  const auto target = writable_view<int16_t>(out);
  py::gil_scoped_release release;
  take_detail(network, x, y, gain, target);
  return out;
}

void luma_less(const Result& result, int x, int y, float gain, float offset, Fixed& low) {
  const Plane<const float> network = channel(result, 1, 0);
  const auto target = writable_view<int16_t>(low);
  check_lies_in(network, x, y, target);
  py::gil_scoped_release release;
  subtract_from_luma(network, x, y, gain, offset, target);
}

ColourMatrix matrix_of(const PlaneArray<float>& weight, const Array<float>& offset) {
  if (weight.ndim() != 2 || weight.shape(0) != 3 || weight.shape(1) != 3 || offset.size() != 3)
    throw py::value_error("a colour matrix is 3x3 with 3 offsets");
  ColourMatrix matrix;
  for (int p = 0; p < kPlanes; ++p) {
    for (int c = 0; c < 3; ++c) matrix.weight[p][c] = weight.at(p, c);
    matrix.offset[p] = offset.data()[p];
  }
  return matrix;
}

void rgb_less(const Result& result, const PlaneArray<float>& weight, const Array<float>& offset,
              const std::tuple<int, int>& luma, const std::tuple<int, int>& chroma, Fixed& y,
              Fixed& u, Fixed& v) {
  const Plane<const float> network[3] = {channel(result, 3, 0), channel(result, 3, 1),
                                         channel(result, 3, 2)};
  const ColourMatrix matrix = matrix_of(weight, offset);
  const auto low = writable_view<int16_t>(y);
  const Plane<int16_t> halves[2] = {writable_view<int16_t>(u), writable_view<int16_t>(v)};
  const auto [luma_x, luma_y] = luma;
  const auto [chroma_x, chroma_y] = chroma;
  check_lies_in(network[0], luma_x, luma_y, low);
  if (halves[0].width != halves[1].width || halves[0].height != halves[1].height)
    throw py::value_error("U and V differ in size");
  const bool any = halves[0].width > 0 && halves[0].height > 0;
  if (any) check_lies_in(network[0], chroma_x, chroma_y, Plane<int16_t>{nullptr, 0, 1, 1});
  py::gil_scoped_release release;
  subtract_from_rgb_luma(network, matrix, luma_x, luma_y, low);
  if (any) subtract_from_rgb_chroma(network, matrix, chroma_x, chroma_y, halves);
}

}  // namespace

void register_network(py::module_& module) {
  module.def("detail_of", &detail_of, py::arg("result"), py::arg("x"), py::arg("y"),
             py::arg("width"), py::arg("height"), py::arg("gain"));
  module.def("luma_less", &luma_less, py::arg("result"), py::arg("x"), py::arg("y"),
             py::arg("gain"), py::arg("offset"), py::arg("low").noconvert());
  module.def("rgb_less", &rgb_less, py::arg("result"), py::arg("weight"), py::arg("offset"),
             py::arg("luma"), py::arg("chroma"), py::arg("y").noconvert(),
             py::arg("u").noconvert(), py::arg("v").noconvert());
}

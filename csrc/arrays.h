// NumPy arrays as planes and vectors, and back; only bindings include this.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <tuple>
#include <vector>

#include "buffer_pool.h"
#include "plane.h"
#include "reuse.h"

namespace palantir {

namespace py = pybind11;

// Whatever array-like the caller has, as contiguous elements of one type.
template <typename T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <typename T>
py::array_t<T> array_of(const std::vector<T>& values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

template <class Sample>
using PlaneArray = py::array_t<Sample, py::array::c_style>;

template <class Sample>
using PlaneArrays = std::tuple<PlaneArray<Sample>, PlaneArray<Sample>, PlaneArray<Sample>>;

// Far above VP9's largest frame at the largest scale (1 << 18), and far below where int overflows.
constexpr py::ssize_t kMaxPlaneSide = 1 << 20;

template <class Sample>
Plane<const Sample> view(const PlaneArray<Sample>& array) {
  if (array.ndim() != 2)
    throw py::value_error("a plane has 2 dimensions, not " + std::to_string(array.ndim()));
  if (array.shape(0) > kMaxPlaneSide || array.shape(1) > kMaxPlaneSide)
    throw py::value_error("a plane of " + std::to_string(array.shape(1)) + "x" +
                          std::to_string(array.shape(0)) + " samples is too large");
  return {array.data(), array.shape(1), static_cast<int>(array.shape(1)),
          static_cast<int>(array.shape(0))};
}

template <class Sample>
Plane<Sample> writable_view(PlaneArray<Sample>& array) {
  const Plane<const Sample> plane = view<Sample>(array);
  return {array.mutable_data(), plane.stride, plane.width, plane.height};
}

template <class Sample>
PlaneArray<Sample> make_plane(int width, int height) {
  return PlaneArray<Sample>({static_cast<py::ssize_t>(height), static_cast<py::ssize_t>(width)});
}

// A read-only array over memory that `owner` keeps alive.
template <class Sample>
py::array borrow(const Plane<const Sample>& plane, py::handle owner) {
  py::array array(py::dtype::of<Sample>(), {plane.height, plane.width},
                  {plane.stride * static_cast<py::ssize_t>(sizeof(Sample)),
                   static_cast<py::ssize_t>(sizeof(Sample))},
                  plane.data, owner);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

// Arrays over the three planes in a buffer, which goes back to its pool with the last of them.
inline py::tuple lend(const BufferPool::Buffer& buffer, const Planes<uint8_t>& planes) {
  const py::capsule owner(new BufferPool::Buffer(buffer),
                          [](void* held) { delete static_cast<BufferPool::Buffer*>(held); });
  py::tuple arrays(kPlanes);
  for (int p = 0; p < kPlanes; ++p)
    arrays[p] = py::array_t<uint8_t>({planes[p].height, planes[p].width},
                                     {planes[p].stride, std::ptrdiff_t{1}}, planes[p].data, owner);
  return arrays;
}

}  // namespace palantir

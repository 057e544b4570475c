// Views of pixel planes. A view owns nothing: whoever made the pixels keeps them alive.
#pragma once

#include <cstddef>
#include <cstdint>

namespace palantir {

template <class Sample>
struct Plane {
  Sample* data = nullptr;
  std::ptrdiff_t stride = 0;  // in samples
  int width = 0;
  int height = 0;

  Sample* row(int y) const { return data + y * stride; }
  operator Plane<const Sample>() const { return {data, stride, width, height}; }
};

constexpr int kPlanes = 3;  // Y, U, V

}  // namespace palantir

// What is no filter bank, without Python; what one makes of pixels is compared there with NumPy.
#include "filter_bank.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "expect.h"

namespace {

using namespace palantir;

std::string refusal(const std::vector<int16_t>& weights, int scale) {
  try {
    FilterBank(weights.data(), scale);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

void other_scales_are_refused() {
  std::vector<int16_t> weights(static_cast<size_t>(kFilterClasses) * kFilterTaps * 16);
  for (const int scale : {2, 3, 4}) expect(refusal(weights, scale).empty(), "a bank");
  for (const int scale : {-1, 0, 1, 5, 1000})
    expect(refusal(weights, scale) ==
               "filters for x" + std::to_string(scale) + "; x2, x3 and x4 are possible",
           "another scale");
}

void weights_beyond_the_bound_are_refused() {
  std::vector<int16_t> weights(static_cast<size_t>(kFilterClasses) * kFilterTaps * 4);
  weights.back() = kMaxFilterWeight;
  expect(refusal(weights, 2).empty(), "the greatest weight");
  weights.back() = kMaxFilterWeight + 1;
  expect(refusal(weights, 2) == "a weight of 4097 is beyond 4096", "a weight beyond it");
}

}  // namespace

int main() {
  other_scales_are_refused();
  weights_beyond_the_bound_are_refused();
  return failures > 0;
}

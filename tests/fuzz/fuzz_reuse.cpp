// The reuse engine, texture and weights fed random legal traces.
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "filter_bank.h"
#include "input.h"
#include "made_frames.h"
#include "patch_detail.h"
#include "resample.h"
#include "reuse.h"
#include "texture.h"
#include "weights.h"

namespace {

using namespace palantir;

// SR planes of a frame in memory of exactly their size.
struct Pixels {
  std::array<std::vector<uint8_t>, kPlanes> bytes;
  Planes<uint8_t> planes;

  Pixels(const CodedFrame& frame, int scale) {
    for (int p = 0; p < kPlanes; ++p) {
      const int width = frame.facts.plane_width[p] * scale;
      const int height = frame.facts.plane_height[p] * scale;
      bytes[p].resize(static_cast<size_t>(width) * height);
      planes[p] = {bytes[p].data(), width, width, height};
    }
  }
};

// Filters drawn by lot, some of the greatest weight; the same at every call. Null at scale 1.
const FilterBank* bank_of(int scale) {
  static const auto banks = [] {
    std::mt19937 lots(1);
    std::array<std::unique_ptr<const FilterBank>, kMaxScale + 1> made;
    for (int side = 2; side <= kMaxScale; ++side) {
      std::vector<int16_t> weights(static_cast<size_t>(kFilterClasses) * kFilterTaps * side * side);
      for (int16_t& weight : weights)
        weight = static_cast<int16_t>(lots() % 9 ? lots() % 801 - 400 : kMaxFilterWeight);
      made[side] = std::make_unique<const FilterBank>(weights.data(), side);
    }
    return made;
  }();
  return banks[scale].get();
}

struct Made {
  CodedFrame frame;
  std::shared_ptr<const DetailMap> map;
  std::shared_ptr<const Pixels> pixels;  // of the paper's reuse
};

class Stream {
 public:
  explicit Stream(Input& input)
      : input_(input), maker_(input, *pool_), width_(input.number(1, 150)),
        height_(input.number(1, 150)), scale_(input.number(1, kMaxScale)),
        threads_(input.number(1, 2)), index_(input.number(0, 70000)),
        fade_(std::ldexp(1, input.number(0, 9))) {}

  void run() {
    for (int count = input_.number(1, 12); count > 0 && !input_.empty(); --count) {
      if (input_.number(0, 15) == 15) {
        width_ = input_.number(1, 150);
        height_ = input_.number(1, 150);
      }
      Made made{maker_.make(index_, width_, height_, false), nullptr, nullptr};
      measure(made.frame);
      enhance(made);
      paper(made);
      made_.emplace(index_, std::move(made));
      index_ += input_.number(0, 31) == 31 ? 65536 : 1;
    }
    measure(maker_.make(index_, width_, height_, true));
  }

 private:
  void measure(const CodedFrame& frame) {
    const PatchGrid grid{input_.number(1, std::min(frame.facts.height, 9)),
                         input_.number(1, std::min(frame.facts.width, 9))};
    for (const double value : measure_texture(frame, grid))
      require(std::isfinite(value) && value >= 0, "texture is finite and not negative");
    measure_weights(frame, grid);
    for (const double value : measure_detail(frame, grid, 2.0).missing)
      require(std::isfinite(value) && value >= 0, "missing detail is finite and not negative");
  }

  std::vector<Area> make_anchors() {
    std::vector<Area> anchors;
    for (int count = input_.number(0, 3); count > 0; --count) {
      const int left = input_.number(0, width_ - 1), top = input_.number(0, height_ - 1);
      anchors.push_back({left, top, input_.number(1, width_ - left),
                         input_.number(1, height_ - top)});
    }
    return anchors;
  }

  void add_detail(const CodedFrame& frame, DetailSource& source, int p, const Area& anchor) {
    const int shift = p ? 1 : 0;
    const int x = anchor.x >> shift, y = anchor.y >> shift;
    const int right = std::min((anchor.x + anchor.width + shift) >> shift,
                               frame.facts.plane_width[p]);
    const int bottom = std::min((anchor.y + anchor.height + shift) >> shift,
                                frame.facts.plane_height[p]);
    const int width = (right - x) * scale_, height = (bottom - y) * scale_;
    const auto value = static_cast<int16_t>(input_.number(-255 * kOne, 255 * kOne));
    std::vector<int16_t> detail(static_cast<size_t>(width) * height, value);
    source.add(*pool_, p, x * scale_, y * scale_, {detail.data(), width, width, height});
  }

  void enhance(Made& made) {
    const CodedFrame& frame = made.frame;
    const auto anchors = make_anchors();
    const auto source = std::make_shared<DetailSource>(*pool_, frame, scale_, anchors);
    for (const Area& anchor : anchors)
      for (int p = 0; p < kPlanes; ++p) add_detail(frame, *source, p, anchor);
    DetailReferences references;
    for (const auto& [index, earlier] : made_)
      if (earlier.map && index > index_ - 66000) references.emplace(index, earlier.map);
    made.map = reuse_detail(frame, references, scale_, fade_, anchors.empty() ? nullptr : source,
                            *pool_, threads_);
    Pixels whole(frame, scale_), parts(frame, scale_);
    const int rows = spots(height_), middle = input_.number(0, rows);
    const FilterBank* bank = index_ % 2 ? bank_of(scale_) : nullptr;
    for (int p = 0; p < kPlanes; ++p) {
      const auto render = [&](int begin, int end, const Pixels& to) {
        render_detail(frame, made.map.get(), scale_, bank, p, begin, end, to.planes[p]);
      };
      render(0, rows, whole);
      render(0, middle, parts);
      render(middle, rows, parts);
    }
    require(whole.bytes == parts.bytes, "a frame does not depend on who renders which rows");
  }

  void paper(Made& made) {
    References<uint8_t> references;
    for (const auto& [index, earlier] : made_)
      if (earlier.frame.facts.width == width_ && earlier.frame.facts.height == height_ &&
          input_.number(0, 7))
        references.emplace(index, Planes<const uint8_t>{earlier.pixels->planes[0],
                                                        earlier.pixels->planes[1],
                                                        earlier.pixels->planes[2]});
    const auto pixels = std::make_shared<Pixels>(made.frame, scale_);
    reuse_paper(made.frame, references, scale_, pixels->planes);
    made.pixels = pixels;
  }

  Input& input_;
  std::shared_ptr<BufferPool> pool_ = BufferPool::create();
  FrameMaker maker_;
  int width_, height_, scale_, threads_, index_;
  double fade_;
  std::map<int, Made> made_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Stream(input).run();
  return 0;
}

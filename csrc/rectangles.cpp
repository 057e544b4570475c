#include "rectangles.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "merged_tiles.h"

namespace palantir {
namespace {

std::vector<double> lengths_with_halo(const Spans& spans, int pixels, int patches,
                                      std::int64_t halo) {
  const std::vector<int> edges = tile_edges(pixels, patches);
  std::vector<double> lengths;
  for (std::size_t i = 0; i < spans.count(); ++i) {
    const auto length = length_with_halo(edges, spans[i].first, spans[i].stop, halo);
    lengths.push_back(static_cast<double>(length));
  }
  return lengths;
}

}  // namespace

Rectangles::Rectangles(const PatchGrid& grid, const std::vector<FrameSize>& frames,
                       const std::vector<NetworkTier>& tiers)
    : grid_(grid), tiers_(tiers), rows_(grid.rows), columns_(grid.columns), run_(frames.size()),
      row_sums_(rows_.count() * grid.columns), sums_(columns_.count()), costs_(columns_.count()),
      marks_(columns_.marks()) {
  std::map<FrameSize, std::size_t> sizes;
  for (const FrameSize& size : frames) {
    const auto [found, fresh] = sizes.emplace(size, sizes.size());
    size_of_.push_back(found->second);
    if (!fresh) continue;
    for (const NetworkTier& tier : tiers) {
      if (tier.halo < 0)
        throw std::invalid_argument("a halo of " + std::to_string(tier.halo) + " pixels");
      lengths_.push_back({lengths_with_halo(rows_, size[1], grid.rows, tier.halo),
                          lengths_with_halo(columns_, size[0], grid.columns, tier.halo)});
    }
  }
}

double Rectangles::largest_gain_per_cost(std::size_t frame, int tier, const double* gains) {
  constexpr std::size_t kLanes = 8;
  double largest[kLanes] = {};
  each_stretch(frame, tier, gains, [&](std::size_t) {
    const double *sums = sums_.data(), *costs = costs_.data();
    std::size_t i = 0;
    for (; i + kLanes <= columns_.count(); i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const double ratio = sums[i + lane] / costs[i + lane];
        largest[lane] = ratio > largest[lane] ? ratio : largest[lane];
      }
    }
    for (; i < columns_.count(); ++i) {
      const double ratio = sums[i] / costs[i];
      largest[0] = ratio > largest[0] ? ratio : largest[0];
    }
    return true;
  });
  return *std::max_element(largest, largest + kLanes);
}

Rectangle Rectangles::first_of(double gain_per_cost, std::size_t frame, int tier,
                               const double* gains) {
  std::size_t rows = rows_.count() - 1, columns = columns_.count() - 1;
  each_stretch(frame, tier, gains, [&](std::size_t stretch) {
    for (std::size_t i = 0; i < columns_.count(); ++i) {
      if (!(sums_[i] / costs_[i] >= gain_per_cost)) continue;
      rows = stretch;
      columns = i;
      return false;
    }
    return true;
  });
  const Lengths& all = lengths(frame, tier);
  const double cost = tiers_[tier].price * all.rows[rows] * all.columns[columns];
  return {rows_[rows], columns_[columns], cost};
}

void Rectangles::run(const Rectangle& rectangle, std::size_t frame) {
  std::vector<Rectangle>& run = run_[frame];
  const auto within = [&](const Rectangle& tile) { return rectangle.holds(tile); };
  run.erase(std::remove_if(run.begin(), run.end(), within), run.end());
  run.push_back(rectangle);
}

// Calls visit(index) with each stretch of rows, until it is false: sums_ and costs_ are then those
// of its rectangles.
template <class Visit>
void Rectangles::each_stretch(std::size_t frame, int tier, const double* gains,
                              const Visit& visit) {
  const std::size_t columns = grid_.columns;
  std::copy_n(gains, grid_.count(), row_sums_.begin());
  rows_.add_up(row_sums_.data(), columns);
  for (std::size_t rows = 0; rows < rows_.count(); ++rows) {
    std::copy_n(row_sums_.begin() + rows * columns, columns, sums_.begin());
    columns_.add_up(sums_.data(), 1);
    price(rows, frame, tier);
    if (!visit(rows)) return;
  }
}

void Rectangles::price(std::size_t rows, std::size_t frame, int tier) {
  const Lengths& all = lengths(frame, tier);
  const double height = tiers_[tier].price * all.rows[rows];
  for (std::size_t i = 0; i < columns_.count(); ++i) costs_[i] = height * all.columns[i];
  bool marked = false;
  for (const Rectangle& tile : run_[frame]) {
    if (!rows_[rows].holds(tile.rows)) continue;
    if (!marked) std::fill(marks_.begin(), marks_.end(), 0.0);
    marked = true;
    columns_.mark(tile.columns, tile.cost, marks_.data());
  }
  if (marked) columns_.take_off(marks_.data(), costs_.data());
}

}  // namespace palantir

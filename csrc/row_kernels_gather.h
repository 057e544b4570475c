// The loop of row_kernels.h that reads here and there, for instruction sets that can. Included by
// row_kernels_*.cpp inside PALANTIR_TARGET, after row_kernels_plain.h and the instruction set's own
// words: V32, gather_pairs (two samples at each of the positions).

typedef int16_t Shorts __attribute__((vector_size(sizeof(V32) / 2)));

inline V32 widen(const int16_t* from) {
  Shorts narrow;
  __builtin_memcpy(&narrow, from, sizeof narrow);
  return __builtin_convertvector(narrow, V32);
}

inline V32 clamped(V32 value, int low, int high) {
  const V32 raised = value < low ? V32{} + low : value;
  return raised > high ? V32{} + high : raised;
}

// 8 times what lies `eighths` of the way from the first to the second of pairs of sums.
inline V32 between(V32 pair, V32 eighths) {
  const V32 first = pair & 0xffff;
  return 8 * first + eighths * ((pair >> 16) - first);
}

void find_vector(const MapRow& row, const SumsView& view, int x, int y, int count,
                 uint16_t* found) {
  constexpr int lanes = sizeof(V32) / sizeof(int32_t);
  constexpr int unit = 8, step = kSpot * unit;  // a displacement counts 1/8 pixel
  if (count < lanes) return find_plain(row, view, x, y, count, found);
  V32 place;
  for (int i = 0; i < lanes; ++i) place[i] = i;
  for (int i = 0; i < count; i += lanes) {
    if (i > count - lanes) i = count - lanes;  // the last block overlaps the one before
    const V32 at_x = clamped(step * (place + (x + i)) + widen(row.across + i), view.left,
                             view.right) - view.left;
    const V32 at_y = clamped(step * y + widen(row.down + i), view.top, view.bottom) - view.top;
    const V32 index = (at_y >> 3) * view.stride + (at_x >> 3);  // a division by `unit`
    const V32 across = at_x & (unit - 1);
    const V32 upper = between(gather_pairs(view.sums, index), across);
    const V32 lower = between(gather_pairs(view.sums + view.stride, index), across);
    const V32 value = unit * upper + (at_y & (unit - 1)) * (lower - upper);
    const Shorts narrow = __builtin_convertvector(value, Shorts);  // modulo 2^16
    __builtin_memcpy(found + i, &narrow, sizeof narrow);
  }
}

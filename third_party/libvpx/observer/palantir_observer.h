/* What the decoder tells an observer about each coded frame.
 *
 * An observer is a plain C struct owned by the caller, attached to a decoder before its first
 * packet; with none attached the decoder behaves as stock. libvpx leaves a broken frame by
 * longjmp, so nothing here owns memory: the caller lends the capture planes in `begin` and takes
 * what it wants in `end`. `begin` and `end` run on the thread that calls vpx_codec_decode;
 * blocks are captured on the tile threads, each into its own rectangle of the lent planes.
 */
#ifndef PALANTIR_OBSERVER_H_
#define PALANTIR_OBSERVER_H_

#include <stddef.h>
#include <stdint.h>

#include "vpx/vpx_codec.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PALANTIR_PLANES 3
#define PALANTIR_REFERENCES 3
#define PALANTIR_SLOTS 8
#define PALANTIR_FRAME_BUFFERS 32

/* One prediction block. Sub-8x8 partitions are one 8x8 block with four motion vectors. */
typedef struct PalantirBlock {
  uint16_t x, y;          /* luma position of the top-left pixel */
  uint8_t width, height;  /* nominal luma size, 8..64; may reach past the frame */
  uint8_t inter;          /* 0 intra, 1 one reference, 2 compound */
  uint8_t split;          /* 1: the four motion vectors of a sub-8x8 partition differ in general */
  uint8_t skip;           /* 1: no residual */
  uint8_t filter;         /* 0 regular, 1 smooth, 2 sharp, 3 bilinear */
  uint8_t usable;         /* 1: every reference has this frame's size, so its pixels can be reused */
  uint8_t reserved;
  int32_t reference[2];   /* coded-frame index, -1 none */
  int16_t mv[2][4][2];    /* [reference][quarter, row-major][row, column], 1/8 luma pixel */
} PalantirBlock;

/* A picture of up to three planes; samples are uint16_t when high_bit_depth is set. */
typedef struct PalantirPicture {
  uint8_t *plane[PALANTIR_PLANES];
  ptrdiff_t stride[PALANTIR_PLANES]; /* in bytes */
} PalantirPicture;

typedef struct PalantirFrame {
  int32_t index; /* coded-frame index; valid in `end` */
  int32_t width, height;
  int32_t plane_width[PALANTIR_PLANES], plane_height[PALANTIR_PLANES];
  uint8_t subsampling_x, subsampling_y, bit_depth, high_bit_depth;
  uint8_t key, intra_only, show, lossless;
  uint8_t refresh;            /* bit i: slot i takes this frame */
  uint8_t quantizer;          /* base index, 0..255 */
  uint8_t filter_level;       /* of the loop filter, 0..63 */
  uint8_t color_space;        /* vpx_color_space_t */
  uint8_t full_range;
  int32_t references[PALANTIR_REFERENCES]; /* last, golden, alt-ref: coded indices, -1 none */
  int32_t slots[PALANTIR_SLOTS];           /* coded index in each slot after this frame */
  int64_t coded_bytes;
  int32_t max_blocks;         /* capacity that palantir_read_blocks may need */
  PalantirPicture picture;    /* after the loop filter; valid in `end` only */
  const void *buffer;         /* libvpx's vpx_codec_frame_buffer_t that holds it; in `end` only */
  PalantirPicture prediction; /* lent by `begin`; an intra block's prediction is its reconstruction */
  PalantirPicture reconstruction; /* lent by `begin`; before the loop filter */
  const void *decoder;
} PalantirFrame;

typedef struct PalantirObserver {
  void *owner;
  /* Size and format are known: lend prediction and reconstruction planes, whose rows go on to the
   * end of the widest block (64 samples) that starts in the picture. Planes that are not lent are
   * not written. Non-zero: out of memory. */
  int (*begin)(void *owner, PalantirFrame *frame);
  /* The frame is complete. Non-zero: out of memory. */
  int (*end)(void *owner, const PalantirFrame *frame);
  /* show_existing_frame displays a frame decoded earlier (-1: one decoded unobserved). */
  void (*shown_again)(void *owner, int32_t index);

  /* Private to the hooks. */
  PalantirFrame frame;
  const uint8_t *data;
  int32_t next_index;
  int32_t buffer_index[PALANTIR_FRAME_BUFFERS];
} PalantirObserver;

/* Attach before the first packet; `observer` must outlive the codec context. */
void palantir_attach(vpx_codec_ctx_t *codec, PalantirObserver *observer);

/* Before the first packet: wider or higher frames are refused before anything is allocated for
 * them. 0x0 leaves only the limit of the build. */
void palantir_limit_size(vpx_codec_ctx_t *codec, int width, int height);

/* Fill `blocks` (room for frame->max_blocks) in raster order of their corners; call inside `end`. */
size_t palantir_read_blocks(const PalantirFrame *frame, PalantirBlock *blocks);

/* The codec's interpolation kernels: 16 phases of 8 taps that sum to 128, for filter 0..3. */
const int16_t (*palantir_filter_kernels(int filter))[8];

/* Hooks. */
struct VP9Decoder;
struct macroblockd;
void palantir_frame_begin(struct VP9Decoder *pbi, const uint8_t *data);
void palantir_frame_end(struct VP9Decoder *pbi, const uint8_t *data_end);
void palantir_frame_shown_again(struct VP9Decoder *pbi);
void palantir_block_predicted(struct VP9Decoder *pbi, const struct macroblockd *xd, int mi_row,
                              int mi_col);
void palantir_block_reconstructed(struct VP9Decoder *pbi, const struct macroblockd *xd, int mi_row,
                                  int mi_col);

#ifdef __cplusplus
}
#endif

#endif /* PALANTIR_OBSERVER_H_ */

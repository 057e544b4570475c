/* Hooks of the observer: read the decoder's own state, write into planes the observer lent. */
#include "vp9/decoder/palantir_observer.h"

#include <string.h>

#include "vp9/common/vp9_filter.h"
#include "vp9/decoder/vp9_decoder.h"
#include "vp9/vp9_dx_iface.h"

typedef char palantir_buffers_fit[FRAME_BUFFERS <= PALANTIR_FRAME_BUFFERS ? 1 : -1];

void palantir_attach(vpx_codec_ctx_t *codec, PalantirObserver *observer) {
  memset(observer->buffer_index, -1, sizeof(observer->buffer_index));
  observer->next_index = 0;
  ((vpx_codec_alg_priv_t *)codec->priv)->observer = observer;
}

void palantir_limit_size(vpx_codec_ctx_t *codec, int width, int height) {
  vpx_codec_alg_priv_t *const priv = (vpx_codec_alg_priv_t *)codec->priv;
  priv->max_width = width;
  priv->max_height = height;
}

const int16_t (*palantir_filter_kernels(int filter))[8] {
  return (const int16_t(*)[8])vp9_filter_kernels[filter];
}

static void describe(PalantirFrame *frame, const VP9Decoder *pbi) {
  const VP9_COMMON *const cm = &pbi->common;
  const YV12_BUFFER_CONFIG *const buffer = &cm->buffer_pool->frame_bufs[cm->new_fb_idx].buf;
  int plane;

  memset(frame, 0, sizeof(*frame));
  frame->decoder = pbi;
  frame->width = cm->width;
  frame->height = cm->height;
  for (plane = 0; plane < PALANTIR_PLANES; ++plane) {
    frame->plane_width[plane] = plane ? buffer->uv_crop_width : buffer->y_crop_width;
    frame->plane_height[plane] = plane ? buffer->uv_crop_height : buffer->y_crop_height;
  }
  frame->subsampling_x = (uint8_t)cm->subsampling_x;
  frame->subsampling_y = (uint8_t)cm->subsampling_y;
  frame->bit_depth = (uint8_t)cm->bit_depth;
  frame->high_bit_depth = (buffer->flags & YV12_FLAG_HIGHBITDEPTH) != 0;
  frame->key = cm->frame_type == KEY_FRAME;
  frame->intra_only = !frame->key && cm->intra_only;
  frame->show = (uint8_t)cm->show_frame;
  frame->lossless = (uint8_t)pbi->mb.lossless;
  frame->refresh = (uint8_t)pbi->refresh_frame_flags;
  frame->quantizer = (uint8_t)cm->base_qindex;
  frame->filter_level = (uint8_t)cm->lf.filter_level;
  frame->color_space = (uint8_t)cm->color_space;
  frame->full_range = cm->color_range == VPX_CR_FULL_RANGE;
  frame->max_blocks = cm->mi_rows * cm->mi_cols;
}

static int32_t coded_index(const PalantirObserver *observer, int buffer) {
  return buffer < 0 ? -1 : observer->buffer_index[buffer];
}

static void describe_references(PalantirFrame *frame, const PalantirObserver *observer,
                                const VP9_COMMON *cm) {
  int i;
  for (i = 0; i < PALANTIR_REFERENCES; ++i)
    frame->references[i] =
        frame_is_intra_only(cm) ? -1 : coded_index(observer, cm->frame_refs[i].idx);
  for (i = 0; i < PALANTIR_SLOTS; ++i)
    frame->slots[i] = coded_index(observer, cm->next_ref_frame_map[i]);
}

void palantir_frame_begin(VP9Decoder *pbi, const uint8_t *data) {
  PalantirObserver *const observer = pbi->observer;
  describe(&observer->frame, pbi);
  observer->data = data;
  observer->buffer_index[pbi->common.new_fb_idx] = -1;
  if (observer->begin(observer->owner, &observer->frame))
    vpx_internal_error(&pbi->common.error, VPX_CODEC_MEM_ERROR,
                       "Failed to allocate the observer's planes");
}

void palantir_frame_end(VP9Decoder *pbi, const uint8_t *data_end) {
  PalantirObserver *const observer = pbi->observer;
  PalantirFrame *const frame = &observer->frame;
  const VP9_COMMON *const cm = &pbi->common;
  const YV12_BUFFER_CONFIG *const buffer = &cm->buffer_pool->frame_bufs[cm->new_fb_idx].buf;
  uint8_t *const planes[PALANTIR_PLANES] = { buffer->y_buffer, buffer->u_buffer,
                                             buffer->v_buffer };
  int plane;

  frame->index = observer->next_index++;
  observer->buffer_index[cm->new_fb_idx] = frame->index;
  describe_references(frame, observer, cm);
  frame->coded_bytes = data_end - observer->data;
  frame->buffer = &cm->buffer_pool->frame_bufs[cm->new_fb_idx].raw_frame_buffer;
  for (plane = 0; plane < PALANTIR_PLANES; ++plane) {
    const int stride = plane ? buffer->uv_stride : buffer->y_stride;
    frame->picture.plane[plane] = frame->high_bit_depth
                                      ? (uint8_t *)CONVERT_TO_SHORTPTR(planes[plane])
                                      : planes[plane];
    frame->picture.stride[plane] = (ptrdiff_t)stride << frame->high_bit_depth;
  }
  if (observer->end(observer->owner, frame))
    vpx_internal_error(&pbi->common.error, VPX_CODEC_MEM_ERROR,
                       "Failed to allocate the observer's trace");
}

void palantir_frame_shown_again(VP9Decoder *pbi) {
  PalantirObserver *const observer = pbi->observer;
  observer->shown_again(observer->owner, coded_index(observer, pbi->common.new_fb_idx));
}

/* Whole blocks are copied, also where they reach past the picture: the decoder's buffers and the
 * lent planes go on for that long. A constant size lets the compiler move a row in registers. */
#define PALANTIR_COPY_ROWS(size)                \
  for (; height > 0; --height) {                \
    memcpy(to, from, size);                     \
    to += to_stride;                            \
    from += from_stride;                        \
  }                                             \
  break

static void copy_rows(uint8_t *to, ptrdiff_t to_stride, const uint8_t *from, ptrdiff_t from_stride,
                      int row_bytes, int height) {
  switch (row_bytes) {
    case 4: PALANTIR_COPY_ROWS(4);
    case 8: PALANTIR_COPY_ROWS(8);
    case 16: PALANTIR_COPY_ROWS(16);
    case 32: PALANTIR_COPY_ROWS(32);
    case 64: PALANTIR_COPY_ROWS(64);
    default: PALANTIR_COPY_ROWS(128);
  }
}

static void capture(const PalantirFrame *frame, const PalantirPicture *picture,
                    const MACROBLOCKD *xd, int mi_row, int mi_col) {
  const int deep = frame->high_bit_depth;
  int plane;
  for (plane = 0; plane < PALANTIR_PLANES; ++plane) {
    const struct macroblockd_plane *const pd = &xd->plane[plane];
    const ptrdiff_t x = (mi_col * MI_SIZE) >> pd->subsampling_x;
    const int y = (mi_row * MI_SIZE) >> pd->subsampling_y;
    const uint8_t *const from =
        deep ? (const uint8_t *)CONVERT_TO_SHORTPTR(pd->dst.buf) : pd->dst.buf;
    if (!picture->plane[plane]) continue;
    copy_rows(picture->plane[plane] + y * picture->stride[plane] + (x << deep),
              picture->stride[plane], from, (ptrdiff_t)pd->dst.stride << deep,
              (4 * pd->n4_w) << deep, VPXMIN(4 * pd->n4_h, frame->plane_height[plane] - y));
  }
}

void palantir_block_predicted(VP9Decoder *pbi, const MACROBLOCKD *xd, int mi_row, int mi_col) {
  const PalantirFrame *const frame = &pbi->observer->frame;
  capture(frame, &frame->prediction, xd, mi_row, mi_col);
}

void palantir_block_reconstructed(VP9Decoder *pbi, const MACROBLOCKD *xd, int mi_row, int mi_col) {
  const PalantirFrame *const frame = &pbi->observer->frame;
  capture(frame, &frame->reconstruction, xd, mi_row, mi_col);
  if (!is_inter_block(xd->mi[0])) capture(frame, &frame->prediction, xd, mi_row, mi_col);
}

static void read_vectors(PalantirBlock *block, const MODE_INFO *mi, int reference) {
  int quarter;
  for (quarter = 0; quarter < 4; ++quarter) {
    const MV mv = block->split ? mi->bmi[quarter].as_mv[reference].as_mv : mi->mv[reference].as_mv;
    block->mv[reference][quarter][0] = mv.row;
    block->mv[reference][quarter][1] = mv.col;
  }
}

static void read_block(PalantirBlock *block, const PalantirFrame *frame, const VP9_COMMON *cm,
                       const MODE_INFO *mi) {
  const BLOCK_SIZE size = VPXMAX(mi->sb_type, BLOCK_8X8);
  int reference;
  block->width = (uint8_t)(num_8x8_blocks_wide_lookup[size] * MI_SIZE);
  block->height = (uint8_t)(num_8x8_blocks_high_lookup[size] * MI_SIZE);
  block->skip = (uint8_t)mi->skip;
  block->reference[0] = block->reference[1] = -1;
  if (!is_inter_block(mi)) return;
  block->inter = (uint8_t)(1 + has_second_ref(mi));
  block->split = mi->sb_type < BLOCK_8X8;
  block->filter = (uint8_t)mi->interp_filter;
  block->usable = 1;
  for (reference = 0; reference < block->inter; ++reference) {
    const int slot = mi->ref_frame[reference] - LAST_FRAME;
    const YV12_BUFFER_CONFIG *const buffer = cm->frame_refs[slot].buf;
    block->reference[reference] = frame->references[slot];
    block->usable &= frame->references[slot] >= 0 && buffer->y_crop_width == frame->width &&
                     buffer->y_crop_height == frame->height;
    read_vectors(block, mi, reference);
  }
}

size_t palantir_read_blocks(const PalantirFrame *frame, PalantirBlock *blocks) {
  const VP9_COMMON *const cm = &((const VP9Decoder *)frame->decoder)->common;
  size_t count = 0;
  int row, column;
  for (row = 0; row < cm->mi_rows; ++row) {
    for (column = 0; column < cm->mi_cols; ++column) {
      const int offset = row * cm->mi_stride + column;
      const MODE_INFO *const mi = cm->mi_grid_visible[offset];
      PalantirBlock *const block = &blocks[count];
      if (mi != &cm->mi[offset]) continue; /* covered by a block whose corner lies elsewhere */
      memset(block, 0, sizeof(*block));
      block->x = (uint16_t)(column * MI_SIZE);
      block->y = (uint16_t)(row * MI_SIZE);
      read_block(block, frame, cm, mi);
      ++count;
    }
  }
  return count;
}

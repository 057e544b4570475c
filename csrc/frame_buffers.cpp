#include "frame_buffers.h"

#include <atomic>

namespace palantir {

void FrameBuffers::serve(vpx_codec_ctx_t* codec) {
  vpx_codec_set_frame_buffer_functions(codec, lend, take_back, this);
}

int FrameBuffers::lend(void* self, size_t size, vpx_codec_frame_buffer_t* slot) noexcept {
  try {
    auto& buffers = *static_cast<FrameBuffers*>(self);
    Lent& lent = buffers.lent_[slot];
    if (lent.size != size || lent.buffer.use_count() != 1)
      lent = {buffers.pool_->take(size), size};
    else  // nobody else has it, but somebody may have read it just now
      std::atomic_thread_fence(std::memory_order_acquire);
    slot->data = lent.buffer.get();
    slot->priv = lent.buffer.get();  // libvpx takes null for a buffer that it never got
    slot->size = size;
    return 0;
  } catch (...) {
    return -1;
  }
}

// The buffer stays until its slot takes another: after a broken packet libvpx may still predict
// from pictures that it gave back.
int FrameBuffers::take_back(void*, vpx_codec_frame_buffer_t*) noexcept { return 0; }

}  // namespace palantir

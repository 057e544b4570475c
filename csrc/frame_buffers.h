// The memory that libvpx decodes into, so that a finished picture is kept and not copied.
//
// One object serves one codec context and is used by the thread that calls it; it must outlive the
// context. Buffers that were handed out may be let go by any thread.
#pragma once

#include <map>
#include <memory>

#include "buffer_pool.h"
#include "vpx/vpx_decoder.h"

namespace palantir {

class FrameBuffers {
 public:
  explicit FrameBuffers(std::shared_ptr<BufferPool> pool) : pool_(std::move(pool)) {}

  // Before the context's first packet.
  void serve(vpx_codec_ctx_t* codec);

  // What was lent for `slot`. libvpx writes there no more once its frame is complete: whoever holds
  // the buffer then, keeps it from being lent again.
  BufferPool::Buffer held(const void* slot) const { return lent_.at(slot).buffer; }

 private:
  struct Lent {
    BufferPool::Buffer buffer;
    size_t size = 0;
  };

  static int lend(void* self, size_t size, vpx_codec_frame_buffer_t* slot) noexcept;
  static int take_back(void* self, vpx_codec_frame_buffer_t* slot) noexcept;

  std::shared_ptr<BufferPool> pool_;
  std::map<const void*, Lent> lent_;  // by libvpx's own record of the buffer
};

}  // namespace palantir

// VP9 packets in, coded frames out: RAII over one libvpx decoder with our observer attached.
//
// Different decoders are independent; calls of `decode` on one take turns. Frames that were handed
// out stay valid after the decoder is gone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coded_frame.h"
#include "frame_buffers.h"
#include "vpx/vpx_decoder.h"

namespace palantir {

// As many as a superframe's index can list. libvpx would also decode frame after frame of a packet
// without an index, and all of them would have to be kept until the packet is done.
constexpr size_t kMaxFramesPerPacket = 8;

struct DecoderOptions {
  int threads = 1;      // 1..64
  bool row_mt = false;  // libvpx's row-based multi-threading
  bool observe = true;  // false: stock decoding, `decode` then returns no coded frames
  bool full = true;     // false: coded frames are not `CodedFrame::full`, which costs less
  int max_width = 0;    // larger frames are refused before anything is allocated for them;
  int max_height = 0;   // both 0: the build's limit alone
};

// libvpx refused a packet. `code` is its vpx_codec_err_t.
class DecodeError : public std::runtime_error {
 public:
  DecodeError(int code, const std::string& message) : std::runtime_error(message), code(code) {}
  int code;
};

struct DecodedPacket {
  std::vector<std::shared_ptr<const CodedFrame>> frames;  // in decode order
  bool displayed = false;
  int32_t displayed_index = -1;  // coded frame that this packet displays; -1 if not observed
};

class Decoder {
 public:
  explicit Decoder(const DecoderOptions& options);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Throws DecodeError; the decoder can go on with later packets.
  DecodedPacket decode(const uint8_t* data, size_t size);

  // The picture the last packet displayed, owned by libvpx until the next call; null if none.
  const vpx_image_t* displayed() const { return displayed_; }

 private:
  static int on_begin(void* owner, PalantirFrame* frame) noexcept;
  static int on_end(void* owner, const PalantirFrame* frame) noexcept;
  static void on_shown_again(void* owner, int32_t index) noexcept;
  void begin(PalantirFrame& frame);
  void end(const PalantirFrame& frame);

  vpx_codec_ctx_t codec_{};
  PalantirObserver observer_{};
  std::shared_ptr<BufferPool> pool_ = BufferPool::create();
  FrameBuffers buffers_{pool_};
  bool full_;
  std::mutex mutex_;
  std::vector<Block> blocks_;  // room for one frame's blocks, reused
  std::shared_ptr<CodedFrame> current_;
  std::vector<std::shared_ptr<CodedFrame>> decoded_;
  int32_t display_ = -1;
  const vpx_image_t* displayed_ = nullptr;
  bool crowded_ = false;
};

}  // namespace palantir

#include "decoder.h"

#include "vpx/vp8dx.h"

namespace palantir {

namespace {

// An odd number of cache lines for 8-bit samples: rows of one block never all map to one set.
std::ptrdiff_t stride_of(int width) {
  return std::ptrdiff_t{kMaxBlock} * (((width + kMaxBlock - 1) / kMaxBlock) | 1);
}

std::string error_text(vpx_codec_ctx_t* codec) {
  const char* detail = vpx_codec_error_detail(codec);
  std::string text = vpx_codec_error(codec);
  return detail ? text + ": " + detail : text;
}

}  // namespace

Picture::Picture(BufferPool& pool, const PalantirFrame& frame)
    : deep(frame.high_bit_depth) {
  size_t size = 0;
  for (int p = 0; p < kPlanes; ++p) {
    width[p] = frame.plane_width[p];
    height[p] = frame.plane_height[p];
    stride[p] = stride_of(width[p]);
    offset[p] = size;
    size += static_cast<size_t>(stride[p] * height[p]) << deep;
  }
  bytes = pool.take(size);
}

Picture::Picture(BufferPool::Buffer buffer, const PalantirFrame& frame)
    : bytes(std::move(buffer)), deep(frame.high_bit_depth) {
  for (int p = 0; p < kPlanes; ++p) {
    width[p] = frame.plane_width[p];
    height[p] = frame.plane_height[p];
    stride[p] = frame.picture.stride[p] >> deep;
    offset[p] = static_cast<size_t>(frame.picture.plane[p] - bytes.get());
  }
}

PalantirPicture Picture::view() const {
  PalantirPicture view{};
  for (int p = 0; p < kPlanes; ++p) {
    if (!height[p]) continue;
    view.plane[p] = bytes.get() + offset[p];
    view.stride[p] = stride[p] << deep;
  }
  return view;
}

Decoder::Decoder(const DecoderOptions& options) : full_(options.full) {
  if (options.threads < 1 || options.threads > 64)
    throw std::invalid_argument("threads must be 1..64, not " + std::to_string(options.threads));
  if (options.max_width < 0 || options.max_height < 0 ||
      (options.max_width == 0) != (options.max_height == 0))
    throw std::invalid_argument("max_width and max_height must both be 0 or both above 0, not " +
                                std::to_string(options.max_width) + " and " +
                                std::to_string(options.max_height));
  vpx_codec_dec_cfg_t config{};
  config.threads = static_cast<unsigned>(options.threads);
  if (vpx_codec_dec_init(&codec_, vpx_codec_vp9_dx(), &config, 0) != VPX_CODEC_OK)
    throw DecodeError(codec_.err, "cannot start libvpx: " + error_text(&codec_));
  vpx_codec_control(&codec_, VP9D_SET_ROW_MT, options.row_mt ? 1 : 0);
  palantir_limit_size(&codec_, options.max_width, options.max_height);
  if (!options.observe) return;
  observer_.owner = this;
  observer_.begin = on_begin;
  observer_.end = on_end;
  observer_.shown_again = on_shown_again;
  palantir_attach(&codec_, &observer_);
  buffers_.serve(&codec_);
}

Decoder::~Decoder() { vpx_codec_destroy(&codec_); }

DecodedPacket Decoder::decode(const uint8_t* data, size_t size) {
  const std::lock_guard<std::mutex> guard(mutex_);
  decoded_.clear();
  current_.reset();
  display_ = -1;
  displayed_ = nullptr;
  crowded_ = false;
  if (size == 0) throw DecodeError(VPX_CODEC_INVALID_PARAM, "empty packet");
  if (size > UINT32_MAX) throw DecodeError(VPX_CODEC_INVALID_PARAM, "packet above 4 GiB");
  const auto status =
      vpx_codec_decode(&codec_, data, static_cast<unsigned>(size), nullptr, 0);
  if (crowded_)
    throw DecodeError(VPX_CODEC_UNSUP_BITSTREAM, "more than " +
                                                     std::to_string(kMaxFramesPerPacket) +
                                                     " coded frames in one packet");
  if (status != VPX_CODEC_OK) throw DecodeError(status, error_text(&codec_));

  vpx_codec_iter_t iterator = nullptr;
  displayed_ = vpx_codec_get_frame(&codec_, &iterator);
  DecodedPacket packet;
  packet.displayed = displayed_ != nullptr;
  if (packet.displayed) packet.displayed_index = display_;
  for (auto& frame : decoded_) {
    frame->shown = packet.displayed && frame->facts.index == display_;
    packet.frames.push_back(std::move(frame));
  }
  decoded_.clear();
  return packet;
}

void Decoder::begin(PalantirFrame& frame) {
  crowded_ = decoded_.size() == kMaxFramesPerPacket;
  if (crowded_) throw std::length_error("packet");  // libvpx gives the packet up
  current_ = std::make_shared<CodedFrame>();
  current_->full = full_;
  if (full_) {
    current_->prediction = Picture(*pool_, frame);
    current_->reconstruction = Picture(*pool_, frame);
  }
  frame.prediction = current_->prediction.view();
  frame.reconstruction = current_->reconstruction.view();
}

void Decoder::end(const PalantirFrame& frame) {
  current_->facts = frame;
  current_->picture = Picture(buffers_.held(frame.buffer), frame);
  if (blocks_.size() < static_cast<size_t>(frame.max_blocks)) blocks_.resize(frame.max_blocks);
  current_->blocks.assign(blocks_.begin(),
                          blocks_.begin() + palantir_read_blocks(&frame, blocks_.data()));
  if (frame.show) display_ = frame.index;
  decoded_.push_back(std::move(current_));
}

int Decoder::on_begin(void* owner, PalantirFrame* frame) noexcept {
  try {
    static_cast<Decoder*>(owner)->begin(*frame);
    return 0;
  } catch (...) {
    return 1;
  }
}

int Decoder::on_end(void* owner, const PalantirFrame* frame) noexcept {
  try {
    static_cast<Decoder*>(owner)->end(*frame);
    return 0;
  } catch (...) {
    return 1;
  }
}

void Decoder::on_shown_again(void* owner, int32_t index) noexcept {
  static_cast<Decoder*>(owner)->display_ = index;
}

}  // namespace palantir

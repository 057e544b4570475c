// The decoder without Python: a tiny stream, frames that outlive it, packets that are refused.
#include "decoder.h"

#include <cstring>
#include <random>

#include "expect.h"
#include "texture.h"
#include "tiny_streams.h"
#include "weights.h"

namespace {

using namespace palantir;

DecodedPacket decode(Decoder& decoder, const Bytes& data) {
  return decoder.decode(data.data(), data.size());
}

bool refuses(Decoder& decoder, const Bytes& data) {
  try {
    decode(decoder, data);
    return false;
  } catch (const DecodeError& error) {
    return error.code != 0 && std::strlen(error.what()) > 0;
  }
}

void stream_gives_frames_with_their_trace(const DecoderOptions& options) {
  Decoder decoder(options);
  const auto key = decode(decoder, kKey), inter = decode(decoder, kInter);
  expect(key.displayed && key.displayed_index == 0 && key.frames.size() == 1, "key displayed");
  expect(inter.displayed_index == 1 && inter.frames.size() == 1, "inter displayed");
  const CodedFrame& frame = *inter.frames[0];
  expect(frame.shown && frame.facts.width == 16 && frame.facts.height == 16, "facts");
  expect(frame.facts.references[0] == 0 && frame.facts.slots[0] == 1, "references and slots");
  expect(frame.blocks.size() == 4, "blocks");
  const Block& block = frame.blocks[0];
  expect(block.inter == 1 && block.usable && block.reference[0] == 0, "refers to the key frame");
  expect(block.mv[0][0][0] == 2 * 8 && block.mv[0][0][1] == 3 * 8, "motion vector");
  const auto weights = measure_weights(frame, {1, 1});
  expect(weights.edges.size() == 1 && weights.edges[0].weight == 1.0, "all of it is reused");
  expect(measure_texture(*key.frames[0], {1, 1})[0] > 0, "the key frame has texture");
}

void old_frame_is_shown_again() {
  Decoder decoder(DecoderOptions{});
  decode(decoder, kKey);
  decode(decoder, kInter);
  const auto again = decode(decoder, kShowSlot7);
  expect(again.frames.empty() && again.displayed && again.displayed_index == 0, "the key frame");
  expect(decoder.displayed() != nullptr && decoder.displayed()->d_w == 16, "its picture");
}

void unobserved_decoder_returns_no_frames() {
  DecoderOptions options;
  options.observe = false;
  Decoder decoder(options);
  const auto packet = decode(decoder, kKey);
  expect(packet.frames.empty() && packet.displayed && packet.displayed_index == -1, "picture only");
}

void frames_outlive_their_decoder() {
  std::shared_ptr<const CodedFrame> kept;
  {
    Decoder decoder(DecoderOptions{});
    kept = decode(decoder, kKey).frames[0];
    decode(decoder, kInter);
  }
  const auto luma = kept->picture.plane<const uint8_t>(0);
  int sum = 0;
  for (int y = 0; y < luma.height; ++y)
    for (int x = 0; x < luma.width; ++x) sum += luma.row(y)[x];
  expect(sum > 0 && kept->blocks.size() == 1, "read after the decoder's end");
}

std::vector<uint8_t> luma_of(const CodedFrame& frame) {
  const auto luma = frame.picture.plane<const uint8_t>(0);
  std::vector<uint8_t> copy;
  for (int y = 0; y < luma.height; ++y)
    copy.insert(copy.end(), luma.row(y), luma.row(y) + luma.width);
  return copy;
}

void kept_pictures_are_not_decoded_into_again() {
  Decoder decoder(DecoderOptions{});
  std::vector<std::shared_ptr<const CodedFrame>> kept;
  std::vector<std::vector<uint8_t>> copies;
  for (int i = 0; i < 40; ++i) {  // more than libvpx has buffers
    kept.push_back(decode(decoder, i % 4 ? kInter : kKey).frames[0]);
    copies.push_back(luma_of(*kept.back()));
    if (i % 8 == 5) expect(refuses(decoder, Bytes(kInter.begin(), kInter.begin() + 12)), "broken");
    if (i % 8 == 5) decode(decoder, kKey);
  }
  for (size_t i = 0; i < kept.size(); ++i) expect(luma_of(*kept[i]) == copies[i], "as decoded");
}

void buffers_of_dropped_pictures_are_used_again() {
  Decoder decoder(DecoderOptions{});
  decode(decoder, kKey);
  const uint8_t* first = decode(decoder, kInter).frames[0]->picture.bytes.get();
  bool again = false;
  for (int i = 0; i < 8; ++i)
    again |= decode(decoder, kInter).frames[0]->picture.bytes.get() == first;
  expect(again, "the same memory");
}

void garbage_is_refused_and_a_key_frame_mends_it() {
  Decoder decoder(DecoderOptions{});
  expect(refuses(decoder, kInter), "an inter frame before any key frame");
  expect(refuses(decoder, kShowSlot7), "an empty slot");
  decode(decoder, kKey);
  expect(refuses(decoder, {}), "an empty packet");
  expect(refuses(decoder, {0, 1, 2, 3}), "garbage");
  expect(refuses(decoder, Bytes(kInter.begin(), kInter.begin() + 12)), "a truncated packet");
  expect(decode(decoder, kKey).displayed, "a key frame");
  expect(decode(decoder, kInter).frames.size() == 1, "and on");
}

void damaged_packets_never_crash() {
  std::mt19937 random(1);
  DecoderOptions options;
  options.threads = 2;
  options.row_mt = true;
  Decoder decoder(options);
  for (int i = 0; i < 500; ++i) {
    Bytes data = i % 2 ? kInter : kKey;
    data[10 + random() % (data.size() - 10)] ^= static_cast<uint8_t>(1u << random() % 8);
    try {
      for (const auto& frame : decode(decoder, data).frames) measure_weights(*frame, {1, 1});
    } catch (const DecodeError&) {
      decode(decoder, kKey);
    }
  }
}

void silly_thread_counts_are_refused() {
  for (const int threads : {-1, 0, 65}) {
    DecoderOptions options;
    options.threads = threads;
    bool refused = false;
    try {
      Decoder decoder(options);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    expect(refused, "threads outside 1..64");
  }
}

}  // namespace

int main() {
  for (const int threads : {1, 4})
    for (const bool row_mt : {false, true}) {
      DecoderOptions options;
      options.threads = threads;
      options.row_mt = row_mt;
      stream_gives_frames_with_their_trace(options);
    }
  old_frame_is_shown_again();
  unobserved_decoder_returns_no_frames();
  frames_outlive_their_decoder();
  kept_pictures_are_not_decoded_into_again();
  buffers_of_dropped_pictures_are_used_again();
  garbage_is_refused_and_a_key_frame_mends_it();
  damaged_packets_never_crash();
  silly_thread_counts_are_refused();
  return failures > 0;
}

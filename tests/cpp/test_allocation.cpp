// Decoding and reuse with each of their first allocations failing in turn: an error, no crash, no
// leak (LeakSanitizer looks when the program ends), and the same decoder then decodes as ever.
//
// The linker sends malloc and its like, and libvpx's pthread_create, here first (Makefile).
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <optional>

#include <pthread.h>

#include "decoder.h"
#include "expect.h"
#include "patch_detail.h"
#include "resample.h"
#include "reuse.h"
#include "texture.h"
#include "tiny_streams.h"
#include "weights.h"

namespace {

constexpr int kNever = 1 << 30;
constexpr int kSites = 500;
std::atomic<int> left{kNever};  // allocations until one fails

bool fails() { return left.load() < kNever && left.fetch_sub(1) == 1; }

}  // namespace

extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);
int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument);

void* __wrap_malloc(size_t size) { return fails() ? nullptr : __real_malloc(size); }
void* __wrap_calloc(size_t count, size_t size) {
  return fails() ? nullptr : __real_calloc(count, size);
}
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  return fails() ? nullptr : __real_aligned_alloc(alignment, size);
}
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument) {
  return fails() ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}
}

void* operator new(size_t size) {
  void* memory = malloc(size ? size : 1);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }

namespace {

using namespace palantir;
using Picture8 = std::vector<uint8_t>;

DecodedPacket decode(Decoder& decoder, const Bytes& data) {
  return decoder.decode(data.data(), data.size());
}

Picture8 luma(const Decoder& decoder) {
  Picture8 copy;
  const vpx_image_t* image = decoder.displayed();
  for (unsigned y = 0; image && y < image->d_h; ++y) {
    const uint8_t* row = image->planes[0] + static_cast<std::ptrdiff_t>(y) * image->stride[0];
    copy.insert(copy.end(), row, row + image->d_w);
  }
  return copy;
}

// The luma of each packet's picture.
std::vector<Picture8> decode_all(Decoder& decoder, const std::vector<Bytes>& packets) {
  std::vector<Picture8> pictures;
  for (const Bytes& data : packets) {
    decode(decoder, data);
    pictures.push_back(luma(decoder));
  }
  return pictures;
}

// Runs `work` with allocation number `site` failing; false if it never came to that.
template <class Work>
bool with_failure(int site, const Work& work) {
  left = site;
  try {
    work();
  } catch (const DecodeError& error) {
    expect(error.code != 0, "libvpx says what is wrong");
  } catch (const std::bad_alloc&) {
  }
  return left.exchange(kNever) <= 0;
}

// A small frame, then a larger one, so that memory is given back and taken anew.
const std::vector<Bytes> kPackets{kKey, kInter, kWideKey, kWideInter, kKey, kInter};

void decoders_survive_failed_allocations(const DecoderOptions& options) {
  DecoderOptions stock;
  stock.observe = false;
  Decoder plain(stock);
  const auto truth = decode_all(plain, kPackets);
  int site = 1;
  for (bool failed = true; failed && site <= kSites; ++site) {
    std::optional<Decoder> decoder;
    failed = with_failure(site, [&] {
      decoder.emplace(options);
      decode_all(*decoder, kPackets);
    });
    if (decoder) expect(decode_all(*decoder, kPackets) == truth, "later packets decode as ever");
  }
  expect(site > 20, "there were allocations to fail");
  std::printf("%d threads, row-MT %d, observed %d, full %d: %d sites\n", options.threads,
              options.row_mt, options.observe, options.full, site - 1);
}

// What the SR-enhanced decoder does with two frames, at scale 2: an anchor, then reuse.
Picture8 enhance(const std::vector<std::shared_ptr<const CodedFrame>>& frames) {
  const auto pool = BufferPool::create();
  const CodedFrame &key = *frames[0], &inter = *frames[1];
  const std::vector<int16_t> detail(32 * 32, 5 * kOne);
  const std::vector<Area> anchors{{0, 0, 16, 16}};
  auto source = std::make_shared<DetailSource>(*pool, key, 2, anchors);
  source->add(*pool, 0, 0, 0, {detail.data(), 32, 32, 32});
  const auto first = reuse_detail(key, {}, 2, 2, source, *pool, 2);
  const auto second = reuse_detail(inter, {{0, first}}, 2, 2, nullptr, *pool, 2);
  Picture8 sr(32 * 32), chroma(2 * 16 * 16);
  const Planes<uint8_t> planes{Plane<uint8_t>{sr.data(), 32, 32, 32},
                               Plane<uint8_t>{chroma.data(), 16, 16, 16},
                               Plane<uint8_t>{chroma.data() + 256, 16, 16, 16}};
  const std::vector<int16_t> weights(kFilterClasses * kFilterTaps * 4, 3);
  const FilterBank bank(weights.data(), 2);
  for (int p = 0; p < kPlanes; ++p)
    render_detail(inter, second.get(), 2, &bank, p, 0, 8, planes[p]);
  measure_texture(inter, {2, 2});
  measure_weights(inter, {2, 2});
  measure_detail(inter, {2, 2}, 2.0);
  Picture8 result = sr;
  const Planes<const uint8_t> reference{planes[0], planes[1], planes[2]};
  reuse_paper(inter, {{0, reference}}, 2, planes);
  return result;
}

void reuse_survives_failed_allocations() {
  Decoder decoder(DecoderOptions{});
  const std::vector<std::shared_ptr<const CodedFrame>> frames{decode(decoder, kKey).frames[0],
                                                              decode(decoder, kInter).frames[0]};
  const Picture8 truth = enhance(frames);
  int site = 1;
  for (bool failed = true; failed && site <= kSites; ++site) {
    failed = with_failure(site, [&] { enhance(frames); });
    expect(enhance(frames) == truth, "the next try gives the frame");
  }
  expect(site > 20, "there were allocations to fail");
  std::printf("reuse: %d sites\n", site - 1);
}

// Unobserved, observed for detail reuse, and with a full trace.
void decoders_survive_in_every_setting() {
  for (const int threads : {1, 2, 4})
    for (const bool row_mt : {false, true})
      for (const int traced : {0, 1, 2}) {
        DecoderOptions options;
        options.threads = threads;
        options.row_mt = row_mt;
        options.observe = traced > 0;
        options.full = traced > 1;
        decoders_survive_failed_allocations(options);
      }
}

}  // namespace

int main() {
  decoders_survive_in_every_setting();
  reuse_survives_failed_allocations();
  return failures > 0;
}

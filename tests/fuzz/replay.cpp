// Runs a harness over files, without libFuzzer: what any compiler and sanitizer can do.
#include <fstream>
#include <iterator>
#include <vector>

#include "input.h"

int main(int count, char** paths) {
  for (int i = 1; i < count; ++i) {
    std::ifstream file(paths[i], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
      std::fprintf(stderr, "%s: cannot be read\n", paths[i]);
      return 2;
    }
    std::fprintf(stderr, "Running: %s\n", paths[i]);  // the last one named is the one that failed
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
}

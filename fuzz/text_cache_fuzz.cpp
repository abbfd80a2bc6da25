// The file of text features: any bytes, and a sound record in the middle of them, which must be found.

#include <cstring>

#include "fcclip/classify/record_log.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const Hash key = {1, 2};
  const std::string_view noise = fuzz::text(data, size);
  static const float row[] = {1, 2, 3};
  static const std::string record = classify::encode_record(key, "word", row, 3);
  // A fuzzer finds checksums: noise with a mark in it may be a sound record that holds ours.
  const bool has_mark = noise.find("fcclip") != std::string_view::npos;
  for (const std::string& bytes :
       {std::string(noise), std::string(noise) + record + std::string(noise)}) {
    size_t sound = 0, floats = 0;
    classify::for_each_record(bytes, key, [&](const classify::Record& found) {
      sound += found.text == "word" && found.count == 3 &&
               std::memcmp(found.floats, row, sizeof row) == 0;
      for (size_t i = 0; i < found.count; ++i) {
        float value;
        std::memcpy(&value, found.floats + 4 * i, 4);
        floats += value == 0;
      }
    });
    if (!has_mark && bytes.size() > noise.size() && sound == 0) std::abort();
  }
  return 0;
}

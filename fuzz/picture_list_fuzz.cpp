// Lists of pictures with captions: tables, JSON lines, JSON.

#include "fcclip/pretrain/picture_list.h"
#include "fuzz/expect.h"
#include "fuzz/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  return fuzz::result_or_error([&] {
    for (const auto& picture :
         pretrain::read_picture_list(fuzz::file_of(fuzz::text(data, size), ".tsv"))) {
      if (picture.captions.empty()) std::abort();
    }
  });
}

// The archive of a checkpoint: every record lies inside the file.

#include "fcclip/io/zip_reader.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  return fuzz::result_or_error([&] {
    const io::ZipFile zip(io::MappedFile::of_bytes(fuzz::bytes(data, size), "fuzz"));
    zip.verify_checksums();
    size_t sum = 0;
    for (const auto& [name, record] : zip.records()) {
      for (const std::byte byte : zip.bytes(record)) sum += std::to_integer<size_t>(byte);
    }
    if (sum > 255 * size * zip.records().size()) std::abort();
  });
}

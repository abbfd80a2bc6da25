#include "fcclip/serve/memory_bound.h"

#include <cstdio>
#include <filesystem>

namespace fcclip::serve {
namespace {

std::string mebibytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

int64_t bytes_of_files(std::span<const ModelPlace> places) {
  int64_t bytes = 0;
  for (const ModelPlace& place : places) {
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(place.path, error);
    if (!error) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace

std::string MemoryBound::text() const {
  return "memory at most: model " + mebibytes(models) + ", text features " + mebibytes(texts) +
         ", encoded pictures " + mebibytes(encoded) + ", request bodies " + mebibytes(bodies) +
         ", decoded pictures " + mebibytes(pictures) + "; together " + mebibytes(all()) +
         " and what the network needs for one picture";
}

MemoryBound memory_bound(const Limits& limits, const ServedModels& models, int64_t body_bytes) {
  constexpr int64_t kBytesOfPixel = 3, kBeingRead = 2;
  MemoryBound bound;
  bound.models = bytes_of_files(models.places) * models.devices;
  bound.texts = models.cache_bytes * std::ssize(models.places);
  bound.encoded = limits.store_bytes;
  bound.bodies = body_bytes;
  bound.pictures =
      (limits.decoded_ahead + kBeingRead) * models.devices * limits.picture_px * kBytesOfPixel;
  return bound;
}

}  // namespace fcclip::serve

#pragma once
// What a service's limits add up to.

#include <cstdint>
#include <span>
#include <string>

#include "fcclip/serve/limits.h"
#include "fcclip/serve/model_shelf.h"

namespace fcclip::serve {

/// Bytes at most, beside what the network needs for one picture.
struct MemoryBound {
  int64_t models = 0, texts = 0, encoded = 0, bodies = 0, pictures = 0;

  int64_t all() const { return models + texts + encoded + bodies + pictures; }
  /// "memory at most: model 15 MiB, …; together … and what the network needs for one picture".
  std::string text() const;
};

/// What is kept per model, and on how many devices.
struct ServedModels {
  std::span<const ModelPlace> places;
  int64_t devices = 1;
  int64_t cache_bytes = 0;  ///< text features of one model
};

/// Of models the size of their files on each device; a file that is not there counts nothing.
///   body_bytes  of all requests that are being read (ServerOptions::buffered_bytes)
MemoryBound memory_bound(const Limits& limits, const ServedModels& models, int64_t body_bytes);

}  // namespace fcclip::serve

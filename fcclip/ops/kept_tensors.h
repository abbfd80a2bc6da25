#pragma once
// Tensors that depend on a picture's size alone: made once, kept for the next picture.

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/bounded_cache.h"

namespace fcclip::ops {

/// Part of the key of what is kept: a tensor serves the stream that it was made on, where whatever
/// frees or uses it comes in order.
struct StreamPlace {
  at::Device device = at::kCPU;
  int64_t stream = 0;
  bool operator==(const StreamPlace&) const = default;
};

/// The device and its current stream.
StreamPlace stream_place(at::Device device);

/// make() as if neither inference nor autograd were on: both may use what it gives.
template <typename Make>
auto make_to_keep(const Make& make) {
  const c10::InferenceMode no_inference(false);
  const c10::AutoGradMode no_grad(false);
  return make();
}

/// The kept tensors that one piece of work reads. A recorded graph reads them where they lay, so they live as long as this
/// does, whatever the caches have dropped since; and while it is recorded none may be made: that would only be noted down,
/// and the next reader would find memory that nothing was written to.
class KeptByWork {
 public:
  enum class Run { first, again };

  /// While it lives, what this thread reads of the caches is noted in `kept`; in another run than the first it must have
  /// been noted before.
  class Open {
   public:
    Open(KeptByWork& kept, Run run);
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open();

   private:
    KeptByWork* const before_;
  };

  /// What is open in this thread; null when nothing is.
  static KeptByWork* open();

  /// The value of a cache that was noted; null when there is none.
  template <typename Key, typename Value>
  const Value* find(const void* cache, const Key& key) const {
    for (const std::shared_ptr<Noted>& one : noted_) {
      if (one->cache != cache) continue;
      const auto& own = static_cast<const NotedValue<Key, Value>&>(*one);
      if (own.key == key) return &own.value;
    }
    return nullptr;
  }

  template <typename Key, typename Value>
  void note(const void* cache, const Key& key, const Value& value) {
    noted_.push_back(std::make_shared<NotedValue<Key, Value>>(cache, key, value));
  }

  /// Throws Error{internal} in another run than the first.
  void check_may_make() const;

 private:
  struct Noted {
    explicit Noted(const void* of) : cache(of) {}
    virtual ~Noted() = default;
    const void* cache;
  };
  template <typename Key, typename Value>
  struct NotedValue : Noted {
    NotedValue(const void* of, const Key& its_key, const Value& its_value)
        : Noted(of), key(its_key), value(its_value) {}
    Key key;
    Value value;
  };

  std::vector<std::shared_ptr<Noted>> noted_;
  Run run_ = Run::first;
};

/// A BoundedCache of what make_to_keep() makes, known to KeptByWork. One that is never destroyed.
///   Key  has a StreamPlace
template <typename Key, typename Value>
class KeptTensors {
 public:
  explicit KeptTensors(int64_t most_bytes) : cache_(most_bytes) {}

  /// As BoundedCache::get.
  template <typename Make, typename Bytes>
  Value get(const Key& key, const Make& make, const Bytes& bytes) {
    KeptByWork* const work = KeptByWork::open();
    if (work == nullptr)
      return cache_.get(
          key, [&] { return make_to_keep(make); }, bytes);
    if (const Value* noted = work->find<Key, Value>(this, key)) return *noted;
    work->check_may_make();
    const Value value = cache_.get(
        key, [&] { return make_to_keep(make); }, bytes);
    work->note(this, key, value);
    return value;
  }

 private:
  BoundedCache<Key, Value> cache_;
};

}  // namespace fcclip::ops

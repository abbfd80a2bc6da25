#pragma once
// Encoded pictures that wait for questions, bounded in bytes.

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "fcclip/fcclip.h"

namespace fcclip::serve {

/// A picture that was encoded, with what answers about it need.
struct StoredImage {
  std::string model;  ///< its name
  std::string name;   ///< the picture's, in results
  Picture picture;
  Image image;
  size_t device = 0;  ///< whose copy of the model encoded it

  int64_t bytes() const;
};

/// Under an id that cannot be guessed. The least recently used picture goes first when room is
/// needed, and one that nobody asked for longer than `keep`. Safe to use from several threads.
class ImageStore {
 public:
  using Clock = std::chrono::steady_clock;

  ImageStore(int64_t most_bytes, std::chrono::seconds keep);

  /// Returns its id, 32 hexadecimal digits. Throws Error{too_large} for a picture that is larger
  /// than the whole store.
  std::string add(StoredImage image, Clock::time_point now = Clock::now());
  /// Prolongs its stay. Throws Error{not_found}.
  std::shared_ptr<const StoredImage> find(const std::string& id,
                                          Clock::time_point now = Clock::now());
  /// Throws Error{not_found}.
  void remove(const std::string& id);
  /// Drops what is past its time.
  void sweep(Clock::time_point now = Clock::now());

  struct Count {
    int64_t images = 0, bytes = 0, hits = 0, misses = 0, dropped = 0;
  };
  Count count() const;
  std::chrono::seconds keep() const { return keep_; }
  int64_t most_bytes() const { return most_bytes_; }

 private:
  struct Entry {
    std::string id;
    std::shared_ptr<const StoredImage> image;
    int64_t bytes;
    Clock::time_point last_use;
  };
  using Entries = std::list<Entry>;  ///< the least recently used first

  void drop(Entries::iterator entry);
  void drop_old(Clock::time_point now);

  const int64_t most_bytes_;
  const std::chrono::seconds keep_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_id_;
  Count count_;
};

/// 128 random bits of the operating system, 32 hexadecimal digits.
std::string random_id();

}  // namespace fcclip::serve

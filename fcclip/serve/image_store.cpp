#include "fcclip/serve/image_store.h"

#include <random>

#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

[[noreturn]] void no_image(const std::string& id) {
  fail(ErrorCode::not_found, "no image ", text::printable(id, 40),
       ": never stored, dropped to make room, or kept for long enough; send the picture again");
}

}  // namespace

int64_t StoredImage::bytes() const {
  return image.bytes() + picture.height() * picture.width() * 3;
}

std::string random_id() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device source;  // the operating system's own
  std::string id;
  for (int word = 0; word < 4; ++word) {
    uint32_t bits = source();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) id += kDigits[bits & 15];
  }
  return id;
}

ImageStore::ImageStore(int64_t most_bytes, std::chrono::seconds keep)
    : most_bytes_(most_bytes), keep_(keep) {}

std::string ImageStore::add(StoredImage image, Clock::time_point now) {
  const int64_t bytes = image.bytes();
  if (bytes > most_bytes_) {
    fail(ErrorCode::too_large, "the encoded picture takes ", bytes, " bytes, the whole store has ",
         most_bytes_, "; ask /v1/segment instead, which keeps nothing");
  }
  auto shared = std::make_shared<const StoredImage>(std::move(image));
  const std::lock_guard lock(mutex_);
  drop_old(now);
  while (count_.bytes + bytes > most_bytes_) drop(entries_.begin());
  entries_.push_back({random_id(), std::move(shared), bytes, now});
  by_id_[entries_.back().id] = std::prev(entries_.end());
  count_.bytes += bytes;
  return entries_.back().id;
}

std::shared_ptr<const StoredImage> ImageStore::find(const std::string& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  drop_old(now);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    ++count_.misses;
    no_image(id);
  }
  ++count_.hits;
  found->second->last_use = now;
  entries_.splice(entries_.end(), entries_, found->second);
  return found->second->image;
}

void ImageStore::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) no_image(id);
  count_.bytes -= found->second->bytes;
  entries_.erase(found->second);
  by_id_.erase(found);
}

void ImageStore::sweep(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  drop_old(now);
}

ImageStore::Count ImageStore::count() const {
  const std::lock_guard lock(mutex_);
  Count count = count_;
  count.images = std::ssize(entries_);
  return count;
}

void ImageStore::drop(Entries::iterator entry) {
  count_.bytes -= entry->bytes;
  ++count_.dropped;
  by_id_.erase(entry->id);
  entries_.erase(entry);
}

void ImageStore::drop_old(Clock::time_point now) {
  while (!entries_.empty() && now - entries_.front().last_use > keep_) drop(entries_.begin());
}

}  // namespace fcclip::serve

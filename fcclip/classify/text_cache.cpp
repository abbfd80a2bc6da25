#include "fcclip/classify/text_cache.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/classify/record_log.h"
#include "fcclip/core/cache_folder.h"
#include "fcclip/core/check.h"
#include "fcclip/core/round_up.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/ops/host.h"

namespace fcclip::classify {
namespace {

// The lengths keep ("ab", "c") and ("a", "bc") apart.
Hash hash_list(const std::string& fingerprint, const std::vector<std::string>& templates) {
  Hash hash = hash_text(fingerprint);
  for (const std::string& text : templates) hash = hash_text(text, hash);
  return hash;
}

at::Tensor row_of(const Record& record) {
  at::Tensor row = at::empty({static_cast<int64_t>(record.count)}, at::kFloat);
  std::memcpy(row.data_ptr<float>(), record.floats, 4 * record.count);
  return row;
}

// What can't be read is as good as absent: the rows are computed again, and storing them says what
// is wrong.
std::string read_if_readable(const std::filesystem::path& path) {
  try {
    return io::read_file(path);
  } catch (const Error&) {
    return {};
  }
}

std::string describe(const at::Tensor& tensor) {
  return shape_string(tensor.sizes()) + c10::toString(tensor.scalar_type());
}

}  // namespace

struct TextCache::Impl {
  using Rows = std::unordered_map<std::string, at::Tensor>;
  std::filesystem::path folder;
  std::string fingerprint, of_computed;  ///< of the rows read first, of those on the disk
  int64_t most_bytes = 0;
  std::shared_ptr<const RowsFile> first;  // null: none
  std::mutex mutex;
  std::map<Hash, Rows> read;  // by key: what the files held, and what was stored since

  std::filesystem::path file(const Hash& key) const {
    return folder / "text" / (hex(key) + ".rows");
  }

  bool has_room(const Hash& key, size_t more) const {
    if (most_bytes == 0) return true;
    std::error_code missing;
    const uintmax_t size = std::filesystem::file_size(file(key), missing);
    return (missing ? 0 : size) + more <= static_cast<uintmax_t>(most_bytes);
  }

  // Called with the mutex held.
  Rows& rows(const Hash& key) {
    const auto known = read.find(key);
    if (known != read.end()) return known->second;
    Rows& rows = read[key];
    for_each_record(read_if_readable(file(key)), key,
                    [&](const Record& record) { rows[std::string(record.text)] = row_of(record); });
    return rows;
  }
};

TextCache::TextCache(std::filesystem::path folder, std::string fingerprint, int64_t most_bytes,
                     const std::string& rounding)
    : impl_(std::make_unique<Impl>()) {
  impl_->most_bytes = most_bytes;
  impl_->folder = std::move(folder);
  impl_->of_computed = fingerprint + rounding;
  impl_->fingerprint = std::move(fingerprint);
}
TextCache::~TextCache() = default;
TextCache::TextCache(TextCache&&) noexcept = default;
TextCache& TextCache::operator=(TextCache&&) noexcept = default;

void TextCache::read_first(std::shared_ptr<const RowsFile> rows) {
  impl_->first = std::move(rows);
}

std::optional<at::Tensor> TextCache::find(const std::vector<std::string>& templates,
                                          const std::string& text) const {
  if (impl_->first) {
    std::optional<at::Tensor> row = impl_->first->find(impl_->fingerprint, templates, text);
    if (row) return row;
  }
  if (impl_->folder.empty()) return std::nullopt;
  const std::lock_guard lock(impl_->mutex);
  const Impl::Rows& rows = impl_->rows(hash_list(impl_->of_computed, templates));
  const auto found = rows.find(text);
  if (found == rows.end()) return std::nullopt;
  return found->second;
}

void TextCache::store(const std::vector<std::string>& templates, const std::string& text,
                      const at::Tensor& row) const {
  check_shape("text cache: row", row, {kAny});
  store(templates, std::vector<std::string>{text}, row.unsqueeze(0));
}

void TextCache::store(const std::vector<std::string>& templates,
                      const std::vector<std::string>& texts, const at::Tensor& rows) const {
  check_shape("text cache: rows", rows, {std::ssize(texts), kAny});
  if (impl_->folder.empty()) return;
  const at::Tensor plain = ops::on_host(rows.detach().to(at::kFloat));
  const Hash key = hash_list(impl_->of_computed, templates);
  const std::lock_guard lock(impl_->mutex);
  Impl::Rows& known = impl_->rows(key);
  std::string bytes;
  for (size_t i = 0; i < texts.size(); ++i) {
    const at::Tensor row = plain[static_cast<int64_t>(i)];
    bytes += encode_record(key, texts[i], row.const_data_ptr<float>(), row.numel());
  }
  if (!impl_->has_room(key, bytes.size())) return;
  for (size_t i = 0; i < texts.size(); ++i)
    known[texts[i]] = plain[static_cast<int64_t>(i)].clone();
  append_locked(impl_->file(key), bytes);
}

std::filesystem::path TextCache::file(const std::vector<std::string>& templates) const {
  return impl_->file(hash_list(impl_->of_computed, templates));
}

std::filesystem::path default_cache_folder() {
  if (const auto folder = user_cache_folder()) return *folder;
  fail(
      ErrorCode::not_found,
      "no text cache, so words are read anew in every run: neither XDG_CACHE_HOME nor HOME is set");
}

std::string fingerprint(const std::vector<at::Tensor>& tensors, std::string_view extra) {
  constexpr int64_t kPiece = 1 << 20;
  Hash hash = hash_text(extra);
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor plain = ops::on_host(tensor.detach());
    const auto* bytes = static_cast<const char*>(plain.const_data_ptr());
    const int64_t size = static_cast<int64_t>(plain.nbytes());
    std::vector<Hash> pieces(divide_up(size, kPiece));
    at::parallel_for(0, std::ssize(pieces), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        pieces[i] = hash_bytes(bytes + i * kPiece, std::min(kPiece, size - i * kPiece));
      }
    });
    hash = hash_text(describe(plain), hash);
    hash = hash_bytes(pieces.data(), pieces.size() * sizeof(Hash), hash);
  }
  return hex(hash);
}

}  // namespace fcclip::classify

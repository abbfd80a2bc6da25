#include "fcclip/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/io/mapped_file.h"
#include "fcclip/io/safetensors_header.h"

namespace fcclip::io {
namespace {

constexpr uint64_t kLongestHeader = 100'000'000;  // as the public library
constexpr size_t kLengthBytes = 8;
constexpr size_t kAlignment = 64;  // a cache line, and every vector register

uint64_t little_endian(const std::byte* bytes) {
  uint64_t value = 0;
  for (size_t i = kLengthBytes; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

/// Another kind of file, by its name; a cut safetensors file is none.
void refuse_kind(const MappedFile& file) {
  const auto bytes = file.bytes();
  const FileKind kind = file_kind({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (kind.form == WeightForm::safetensors) return;
  fail(ErrorCode::bad_format, file.path().string(), " is ", kind.what, ", no safetensors file",
       kind.advice.empty() ? "" : "; ", kind.advice);
}

}  // namespace

struct SafetensorsFile::Impl {
  std::shared_ptr<const MappedFile> file;
  SafetensorsHeader header;
  size_t data_begin = 0;
  std::unordered_map<std::string, size_t> index;
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : SafetensorsFile(MappedFile::open(path)) {}

SafetensorsFile::SafetensorsFile(std::shared_ptr<const MappedFile> file)
    : impl_(std::make_unique<Impl>()) {
  impl_->file = std::move(file);
  const std::filesystem::path& path = impl_->file->path();
  const auto bytes = impl_->file->bytes();
  if (bytes.size() < kLengthBytes) refuse_kind(*impl_->file);
  const uint64_t length = little_endian(bytes.data());
  if (length > kLongestHeader || length > bytes.size() - kLengthBytes) {
    refuse_kind(*impl_->file);
    fail(ErrorCode::bad_format, path.string(), " is truncated: a safetensors header of ", length,
         " bytes in a file of ", bytes.size(), "; download or write it again");
  }
  impl_->data_begin = kLengthBytes + length;
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  impl_->header = parse_safetensors_header(json, bytes.size() - impl_->data_begin, path.string());
  const auto& entries = impl_->header.entries;
  for (size_t i = 0; i < entries.size(); ++i) impl_->index[entries[i].name] = i;
}

SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const Metadata& SafetensorsFile::metadata() const {
  return impl_->header.metadata;
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  names.reserve(impl_->header.entries.size());
  for (const HeaderEntry& entry : impl_->header.entries) names.push_back(entry.name);
  return names;
}

bool SafetensorsFile::contains(const std::string& name) const {
  return impl_->index.contains(name);
}

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto found = impl_->index.find(name);
  if (found == impl_->index.end()) {
    fail(ErrorCode::missing_tensor, impl_->file->path().string(), " has no tensor ", name);
  }
  const HeaderEntry& entry = impl_->header.entries[found->second];
  return tensor_of(impl_->file, {impl_->data_begin + entry.begin, entry.shape,
                                 row_major_strides(entry.shape), entry.dtype});
}

namespace {

/// Larger elements first: then every tensor is aligned for its elements without padding.
std::vector<const std::pair<std::string, at::Tensor>*> file_order(const NamedTensors& tensors) {
  std::vector<const std::pair<std::string, at::Tensor>*> order;
  for (const auto& entry : tensors) {
    if (!entry.second.defined() || safetensors_dtype(entry.second.scalar_type()).empty()) {
      fail(ErrorCode::unsupported, "tensor ", entry.first,
           " can't be saved: it is undefined or of a type that safetensors files don't know");
    }
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const size_t size_a = a->second.element_size(), size_b = b->second.element_size();
    return size_a != size_b ? size_a > size_b : a->first < b->first;
  });
  return order;
}

std::string header_text(const std::vector<const std::pair<std::string, at::Tensor>*>& order,
                        const Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t begin = 0;
  for (const auto* entry : order) {
    const uint64_t end = begin + entry->second.nbytes();
    nlohmann::json& row = header[entry->first];
    if (!row.is_null() || entry->first == "__metadata__") {
      fail(ErrorCode::invalid_argument, "two tensors named ", entry->first, " for one file");
    }
    row["dtype"] = safetensors_dtype(entry->second.scalar_type());
    row["shape"] = entry->second.sizes().vec();
    row["data_offsets"] = {begin, end};
    begin = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    fail(ErrorCode::invalid_argument,
         "a tensor's name or the metadata is not UTF-8: can't be saved");
  }
  const size_t used = (kLengthBytes + text.size()) % kAlignment;
  if (used != 0) text.append(kAlignment - used, ' ');
  return text;
}

}  // namespace

void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const Metadata& metadata) {
  const auto order = file_order(tensors);
  const std::string header = header_text(order, metadata);
  write_atomically(path, [&](std::ostream& stream) {
    char length[kLengthBytes];
    for (size_t i = 0; i < kLengthBytes; ++i) {
      length[i] = static_cast<char>(uint64_t{header.size()} >> (8 * i) & 0xFF);
    }
    stream.write(length, kLengthBytes);
    stream.write(header.data(), static_cast<std::streamsize>(header.size()));
    for (const auto* entry : order) {
      const at::Tensor values = entry->second.detach().cpu().contiguous();
      stream.write(static_cast<const char*>(values.const_data_ptr()),
                   static_cast<std::streamsize>(values.nbytes()));
      if (!stream.good()) return;  // write_atomically reports the reason
    }
  });
}

}  // namespace fcclip::io

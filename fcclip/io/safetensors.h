#pragma once
// safetensors files: memory-mapped reading, atomic writing.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::io {

class MappedFile;

/// A named tensor and the text metadata of a file.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;
using Metadata = std::map<std::string, std::string>;

/// An open safetensors file. Tensors are views of the mapped file (copy-on-write, no copy made) and
/// keep the mapping alive; they must not be written to. Throws Error{not_found, io_failure,
/// bad_format}: every header is checked (bounds, overlaps, holes, dtypes, sizes, duplicate keys)
/// before any tensor is made.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  explicit SafetensorsFile(std::shared_ptr<const MappedFile> file);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const Metadata& metadata() const;
  /// In the order of their bytes in the file.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;
  /// Of any shape. Throws Error{missing_tensor} naming it.
  at::Tensor tensor(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes to a temporary file beside `path`, then renames: never half a file. Tensors are made
/// contiguous on the CPU one at a time. Throws Error{io_failure}.
void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const Metadata& metadata = {});

}  // namespace fcclip::io

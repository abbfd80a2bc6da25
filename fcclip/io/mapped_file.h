#pragma once
// A whole file in memory without reading it: pages come from the disk when they are touched.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::io {

/// A read-only view of a regular file, mapped privately (a write would change this process's copy
/// only).
class MappedFile {
 public:
  /// Throws Error{not_found} when there is no such file, Error{io_failure} with the system's
  /// reason, Error{bad_format} when it is not a regular file.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  /// The same view of bytes in memory (copied), for tests and fuzzing; `name` stands for the path
  /// in messages.
  static std::shared_ptr<const MappedFile> of_bytes(std::span<const std::byte> bytes,
                                                    const std::filesystem::path& name);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// Gives the pages read so far back to the system; what is read later comes from the file (or the
  /// system's cache of it) again. What was written through a tensor is lost: only while nobody can
  /// have written.
  void release_pages() const;
  /// The same of the pages that lie wholly inside a dense tensor of tensor_of(); nothing where it is
  /// another's memory.
  void release_pages(const at::Tensor& tensor) const;

 private:
  MappedFile(std::filesystem::path path, std::byte* data, size_t size);
  std::filesystem::path path_;
  std::byte* data_;
  size_t size_;
  std::unique_ptr<std::byte[]> copy_;  ///< of of_bytes(); null when mapped
};

/// Where a tensor lies inside a file. Extents and strides count elements.
struct TensorView {
  size_t begin_byte = 0;  ///< of the element at index 0, …, 0
  std::vector<int64_t> shape, strides;
  at::ScalarType dtype;
};

/// The view as a tensor that keeps the mapping alive; copied only where its address is not aligned
/// for its elements. Any shape will do: the caller has checked that every element lies inside the
/// file.
at::Tensor tensor_of(const std::shared_ptr<const MappedFile>& file, const TensorView& view);

/// Strides of a row-major tensor. Throws nothing; extents must be non-negative.
std::vector<int64_t> row_major_strides(at::IntArrayRef shape);

/// Number of elements, or -1 when an extent is negative or the product passes 2^62.
int64_t checked_numel(at::IntArrayRef shape);

}  // namespace fcclip::io

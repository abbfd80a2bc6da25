#include "fcclip/io/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/core/round_up.h"
#include "fcclip/io/file_kind.h"

namespace fcclip::io {
namespace {

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

}  // namespace

MappedFile::MappedFile(std::filesystem::path path, std::byte* data, size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr && copy_ == nullptr) munmap(data_, size_);
}

void MappedFile::release_pages() const {
  // Advice: where the system refuses it, pages stay, and nothing is wrong.
  if (size_ > 0 && copy_ == nullptr) madvise(data_, size_, MADV_DONTNEED);
}

void MappedFile::release_pages(const at::Tensor& tensor) const {
  if (copy_ != nullptr || !tensor.is_non_overlapping_and_dense()) return;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(tensor.const_data_ptr()),
             end = start + tensor.nbytes(), file = reinterpret_cast<uintptr_t>(data_);
  if (start < file || end > file + size_) return;
  const uintptr_t first = round_up(start, page), last = end / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) {
    const ErrorCode code =
        errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::io_failure;
    fail(code, "can't open ", path.string(), ": ", std::strerror(errno));
  }
  struct stat status {};
  if (fstat(file.value, &status) != 0) {
    fail(ErrorCode::io_failure, "can't read ", path.string(), ": ", std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    fail(ErrorCode::bad_format, path.string(), " is a folder; ", folder_advice(path));
  }
  if (!S_ISREG(status.st_mode)) {
    fail(ErrorCode::bad_format, path.string(), " is not a regular file; expected a file");
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* data = nullptr;
  if (size > 0) {
    // Writable but private: LibTorch may hand out mutable pointers; the file itself never changes.
    data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.value, 0);
    if (data == MAP_FAILED) {
      fail(ErrorCode::io_failure, "can't map ", path.string(), " (", size,
           " bytes): ", std::strerror(errno));
    }
  }
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, static_cast<std::byte*>(data), size));
}

std::shared_ptr<const MappedFile> MappedFile::of_bytes(std::span<const std::byte> bytes,
                                                       const std::filesystem::path& name) {
  // Exactly as large as the bytes, so that AddressSanitizer sees the first step beyond them.
  auto copy = std::make_unique<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  std::shared_ptr<MappedFile> file(new MappedFile(name, copy.get(), bytes.size()));
  file->copy_ = std::move(copy);
  return file;
}

at::Tensor tensor_of(const std::shared_ptr<const MappedFile>& file, const TensorView& view) {
  const auto options = at::TensorOptions().dtype(view.dtype);
  if (checked_numel(view.shape) == 0) return at::empty(view.shape, options);
  auto* data = const_cast<std::byte*>(file->bytes().data()) + view.begin_byte;
  const size_t size = at::elementSize(view.dtype);
  if (reinterpret_cast<uintptr_t>(data) % size == 0) {
    return at::from_blob(
        data, view.shape, view.strides, [file](void*) {}, options);
  }
  int64_t reach = 1;
  for (size_t i = 0; i < view.shape.size(); ++i) reach += (view.shape[i] - 1) * view.strides[i];
  const at::Tensor flat = at::empty({reach}, options);
  std::memcpy(flat.data_ptr(), data, static_cast<size_t>(reach) * size);
  return flat.as_strided(view.shape, view.strides);
}

std::vector<int64_t> row_major_strides(at::IntArrayRef shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

int64_t checked_numel(at::IntArrayRef shape) {
  constexpr int64_t kLimit = int64_t{1} << 62;
  int64_t product = 1;
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent < 0) return -1;
    // An extent of 0 does not excuse an overflow elsewhere: strides would overflow too.
    if (extent == 0) {
      empty = true;
    } else if (product > kLimit / extent) {
      return -1;
    } else {
      product *= extent;
    }
  }
  return empty ? 0 : product;
}

}  // namespace fcclip::io

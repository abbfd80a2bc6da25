#include "fcclip/ops/cuda/kernel_cache.h"

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::ops::cuda {
namespace {

// Counts on when NVRTC is given other options, or this form changes.
constexpr std::string_view kMark = "fcclip kernel 1\n";
constexpr size_t kSumDigits = 32;
constexpr size_t kMostBytes = 64 << 20;

std::optional<std::string> read_whole(const std::filesystem::path& file) {
  try {
    const std::string bytes = io::read_file(file, kMostBytes);
    const size_t head = kMark.size() + kSumDigits;
    if (!bytes.starts_with(kMark) || bytes.size() <= head) return std::nullopt;
    std::string code = bytes.substr(head);
    if (bytes.substr(kMark.size(), kSumDigits) != hex(hash_text(code))) return std::nullopt;
    return code;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::filesystem::path compiled_kernel_file(const std::filesystem::path& folder,
                                           const KernelSource& source, int architecture,
                                           const std::string& compiler) {
  const std::string stem = std::filesystem::path(source.main.name).stem().string();
  return folder / "kernels" /
         (stem + "-" + std::to_string(architecture) + "-nvrtc" + compiler + "-" +
          hex(hash_source(source)) + ".bin");
}

std::string cached_or_compiled(const std::optional<std::filesystem::path>& file,
                               const std::function<std::string()>& compile) {
  if (!file) return compile();
  if (std::optional<std::string> code = read_whole(*file)) return *std::move(code);
  std::string code = compile();
  try {
    io::write_atomically(*file, std::string(kMark) + hex(hash_text(code)) + code);
  } catch (const Error&) {
    // A read-only or full disk: the code is here all the same.
  }
  return code;
}

}  // namespace fcclip::ops::cuda

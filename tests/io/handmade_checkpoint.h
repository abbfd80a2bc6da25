#pragma once
// Small pickles, zip files and checkpoints, byte by byte, so that a test decides about every one of
// them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcclip/io/mapped_file.h"

namespace fcclip::test {

/// Little-endian, `bytes` wide.
std::string number(uint64_t value, int bytes);

/// A zip file with stored records, aligned to 64 bytes as torch does; method 8 only says
/// "deflated".
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& records, int method = 0);

/// The bytes as a file named "test.file" that exists in memory only.
std::shared_ptr<const io::MappedFile> file_of(const std::string& bytes);

/// Pickle opcodes of protocol 2, without the memo.
namespace pickle {
std::string text(std::string_view value);
std::string integer(int32_t value);
std::string global(std::string_view module, std::string_view name);
std::string tuple(const std::vector<std::string>& items);
std::string dict(const std::vector<std::pair<std::string, std::string>>& items);
/// Protocol mark, the value, STOP.
std::string whole(const std::string& value);
std::string storage(std::string_view type, std::string_view key, int32_t size);
/// torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict()).
std::string tensor(const std::string& storage, int32_t offset, const std::vector<int32_t>& shape,
                   const std::vector<int32_t>& strides);
}  // namespace pickle

/// {"weight": float32 [2, 2] of 1, 2, 3, 4} as a zip checkpoint.
std::string small_zip_checkpoint();
/// The same in torch.save's older format.
std::string small_legacy_checkpoint();
/// The same as a safetensors file.
std::string small_safetensors();

}  // namespace fcclip::test

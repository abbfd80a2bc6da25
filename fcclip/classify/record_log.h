#pragma once
// A file of checksummed records that several processes append to and read at once.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "fcclip/core/hash.h"

namespace fcclip::classify {

/// One text and its row of numbers, in the form of the file:
///   8 bytes mark · u32 bytes of text · u32 floats · 16 bytes key · text · floats · 16 bytes hash
///   of all before
/// Integers and floats little-endian.
struct Record {
  std::string_view text;
  const char* floats = nullptr;  ///< not aligned
  size_t count = 0;
};

/// The bytes of one record; row: `count` numbers.
std::string encode_record(const Hash& key, std::string_view text, const float* row, size_t count);

/// Calls `visit` for every sound record of `key` in `bytes`, oldest first. Damaged bytes are
/// skipped up to the next sound record.
void for_each_record(std::string_view bytes, const Hash& key,
                     const std::function<void(const Record&)>& visit);

/// Appends the bytes as a whole, under the file's lock; the folder is made when missing. On failure
/// the file is as before. Throws Error{io_failure} naming the file and the system's reason.
void append_locked(const std::filesystem::path& file, std::string_view bytes);

}  // namespace fcclip::classify

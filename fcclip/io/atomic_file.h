#pragma once
// Files appear whole or not at all.

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace fcclip::io {

/// Calls `write` with a stream to a temporary file in the same folder (made when missing), flushes
/// it to the disk and renames it to `path`. On any failure the temporary is removed and `path` is
/// as before. Throws Error{io_failure} naming `path` and the system's reason (disk full, read-only,
/// …).
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(std::ostream&)>& write);
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The whole file. Throws Error{not_found, io_failure}; Error{bad_format} when larger than `limit`
/// bytes.
std::string read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 31);

}  // namespace fcclip::io

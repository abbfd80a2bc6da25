#pragma once
// A file without a name: whatever becomes of the program, nothing of it is left. Internal to the
// folder.

#include <cstdio>
#include <filesystem>
#include <memory>

namespace fcclip::tiles {

/// For std::unique_ptr.
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using ScratchFile = std::unique_ptr<std::FILE, CloseFile>;

/// In `folder`, which must be there; open for reading and writing. Throws Error{io_failure}.
ScratchFile open_scratch(const std::filesystem::path& folder);

/// "can't <what> <path>: <the system's reason>" as Error{io_failure}.
[[noreturn]] void fail_file(const char* what, const std::filesystem::path& path);

}  // namespace fcclip::tiles

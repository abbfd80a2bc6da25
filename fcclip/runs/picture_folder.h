#pragma once
// The pictures in a folder and the folders below it.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace fcclip::runs {

struct FolderListing {
  std::vector<std::filesystem::path> pictures;  ///< in natural order
  int64_t others = 0;                           ///< files that are no pictures
  std::set<std::string> other_endings;          ///< theirs, lower case, without the dot
  int64_t results = 0;                          ///< pictures that fcclip made
  int64_t dangling = 0;                         ///< links that lead nowhere
  int64_t closed = 0;                           ///< folders that may not be read
};

/// Walks `folder`. What begins with a dot, what systems leave lying about (__MACOSX, @eaDir, …) and
/// `output_folder` below it are passed over, as are pictures that fcclip itself wrote, by the list
/// in their folder or by their endings. Links to folders are followed (not those
/// that lead upwards), and each folder is visited once. Throws Error{io_failure} when `folder`
/// itself can't be read.
FolderListing list_pictures(const std::filesystem::path& folder,
                            const std::filesystem::path& output_folder);

/// "3 files are no pictures (pdf, txt); 1 link leads nowhere"; empty when nothing was left out.
std::string left_out(const FolderListing& listing);

}  // namespace fcclip::runs

#pragma once
// The files of a data set's folder by the name of the picture they belong to.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fcclip::data {

/// Names of pictures -> files, sorted by name.
using FolderIndex = std::map<std::string, std::filesystem::path>;

/// Every file below `folders` whose name ends in one of `suffixes` ("_leftImg8bit.png", ".jpg");
/// the picture's name is what stands before it; hidden files are passed over. Throws
/// Error{not_found} when a folder is missing or no file fits; Error{bad_format} when two files have
/// one name. `advice` ends the message.
FolderIndex index_folder(const std::vector<std::filesystem::path>& folders,
                         const std::vector<std::string>& suffixes, const std::string& advice);

/// "a/b/c.png" -> "c"
std::string stem_of(const std::string& file_name);

}  // namespace fcclip::data

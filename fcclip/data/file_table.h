#pragma once
// The files of a data set's folders, and how annotations name them: with folders, backslashes,
// other endings, somebody else's absolute path.

#include <filesystem>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace fcclip::data {

/// A file under all names that annotations may give it.
struct ListedFile {
  std::filesystem::path path;
  std::string relative;  ///< below its folder: "cam0/0000.jpg"
  std::string bare;      ///< before the suffix: "cam0/0000"
  std::string name;      ///< without folders: "0000"
};

/// The files of some folders, found by what annotations call them.
class FileTable {
 public:
  FileTable() = default;
  /// All files below `folders` with one of `suffixes` ("_leftImg8bit.png"; empty: pictures of all
  /// kinds), sorted; hidden ones and those of `left_out` are passed over. Throws Error{not_found}
  /// when a folder is missing or no file fits, Error{io_failure}; `advice` ends the message.
  FileTable(const std::vector<std::filesystem::path>& folders,
            const std::vector<std::string>& suffixes, const std::string& advice,
            const std::set<std::filesystem::path>& left_out = {});

  const std::vector<ListedFile>& files() const { return files_; }
  bool empty() const { return files_.empty(); }
  /// The first of its folders.
  const std::filesystem::path& folder() const { return folder_; }

  /// Folder + file_name as it stands; backslashes are folders too. nullptr when it is not there.
  const ListedFile* at(const std::string& file_name) const;
  /// The file meant by a path that is not there as it stands: by its last folders and name, then
  /// with another ending, then by its name alone. nullptr when there is none. Throws
  /// Error{bad_format} when several may be meant.
  const ListedFile* like(const std::string& file_name) const;
  /// By the name before the suffix, in any folder; as like().
  const ListedFile* named(const std::string& name) const;
  /// All files "cam0/0000" before their suffix.
  std::vector<const ListedFile*> with_bare(const std::string& bare) const;

 private:
  void add_folder(const std::filesystem::path& folder, const std::vector<std::string>& suffixes,
                  const std::set<std::filesystem::path>& left_out);
  const ListedFile* only(const std::vector<size_t>& found, const std::string& asked) const;

  std::filesystem::path folder_;
  std::vector<ListedFile> files_;
  std::unordered_map<std::string, std::vector<size_t>> by_relative_, by_bare_, by_name_;
};

/// folder / file_name as it stands, with '\' as '/', by its last part, or with the ending ".png":
/// the first that exists; else the first.
std::filesystem::path file_below(const std::filesystem::path& folder, const std::string& file_name);

/// Hidden files, Mac resource forks ("._a.jpg"): names that begin with a dot.
bool is_hidden(const std::filesystem::path& path);

}  // namespace fcclip::data

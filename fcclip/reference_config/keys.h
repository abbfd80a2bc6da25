#pragma once
// The keys of a configuration with its bases and, below them, the reference's own defaults.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/reference_config/yaml_keys.h"

namespace fcclip::reference_config {

/// Typed values; all getters throw Error{bad_format} naming key, file and line for a value of
/// another type, and Error{internal} for a key without a default.
class Keys {
 public:
  /// stated: what the files say; file: the one that was named.
  Keys(KeyTable stated, std::string file);

  const std::string& text(std::string_view key) const;
  bool flag(std::string_view key) const;
  int64_t whole(std::string_view key) const;
  double number(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;

  /// Of a list of lists; texts.
  const std::vector<std::vector<std::string>>& rows(std::string_view key) const;

  /// Whether some file states it.
  bool is_stated(std::string_view key) const;
  /// "a.yaml:12: MODEL.MASK_FORMER.NHEADS", or that it is the reference's default.
  std::string where(std::string_view key) const;
  /// Keys that files state and that neither the reference nor detectron2 has, sorted.
  std::vector<std::string> unknown() const;

 private:
  const Value& find(std::string_view key) const;
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

  KeyTable stated_;
  std::string file_;
};

/// The file with all files of its _BASE_ chain, whose keys its own replace. Paths are relative to
/// the file that names them. Throws Error{not_found} naming who asked for a file that is not there;
/// Error{bad_format} for a cycle, for a section where a base has a value, and of parse_document;
/// Error{unsupported} for a base on the network.
KeyTable read_chain(const std::filesystem::path& path);

/// Keys of detectron2, Mask2Former and FC-CLIP that no result of ours depends on.
bool is_known_key(std::string_view key);

/// What the reference takes where no file says anything (detectron2's, DeepLab's, Mask2Former's and
/// FC-CLIP's defaults): all keys that are read.
const KeyTable& reference_defaults();

}  // namespace fcclip::reference_config

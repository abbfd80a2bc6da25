#pragma once
// A YAML file of the reference as a flat table of keys, each with the place where it stands.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fcclip::reference_config {

/// What stands behind a key.
struct Value {
  std::string text;                            ///< of a scalar, as written
  std::vector<std::string> items;              ///< of a list
  std::vector<std::vector<std::string>> rows;  ///< of a list of lists, those that are lists
  bool is_list = false;
  std::string file;  ///< empty: the reference's own default
  int64_t line = 0;  ///< from 1
};

/// "MODEL.FC_CLIP.EMBED_DIM" -> its value.
using KeyTable = std::map<std::string, Value>;

/// One file: its own keys, and the files that it builds on.
struct Document {
  KeyTable keys;
  std::vector<std::string> bases;  ///< of _BASE_, as written
};

/// A key that stands twice in one map counts as it stands last, as PyYAML has it. `name`: of the
/// file, for messages. Throws Error{bad_format} with the line, for what is no map of keys and for a
/// document of absurd size; Error{unsafe_file} for tags that ask for objects; Error{unsupported}
/// for merge keys (<<).
Document parse_document(const std::string& yaml, const std::string& name);

}  // namespace fcclip::reference_config

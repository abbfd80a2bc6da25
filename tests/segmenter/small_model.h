#pragma once
// A small model with untrained weights and handmade merges: nothing but the library is needed.

#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>

#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"

namespace fcclip::test {

/// Four merges under a version line.
inline std::string small_merges() {
  return "#version: test\nt h\nth e</w>\nc a\nca t</w>\n";
}

inline model::Config small_config() {
  model::Config config = model::tiny_config();
  config.clip.text.vocab_size = 2 * 256 + 2 + 4;
  config.training_vocabulary = {"two", {{3, {"cat", "kitty"}, true}, {7, {"sky"}, false}}};
  config.provenance = "test weights";
  return config;
}

inline std::shared_ptr<model::Model> small_model() {
  auto model = std::make_shared<model::Model>(small_config());
  model->clip->tokenizer = model::make_tokenizer(small_merges(), model->config.clip.text);
  model::fill_untrained(*model, 1);
  return model;
}

/// A file name in a folder of its own, gone at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "fcclip-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / name;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path folder_, path_;
};

}  // namespace fcclip::test

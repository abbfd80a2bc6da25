#pragma once
// Text features on disk, so that a vocabulary is encoded once a machine and not once a start.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/rows_file.h"

namespace fcclip::classify {

/// Rows of a text classifier on disk. Key: fingerprint of the text weights, templates, text; all
/// three are verified when reading. One file per (fingerprint, templates), to which whole records
/// are appended under a file lock, so any number of processes may read and write it at once. Every
/// record carries a checksum; a damaged or torn one is as good as absent, and what follows it is
/// still found. Safe to use from several threads.
class TextCache {
 public:
  /// folder: made when something is stored; empty: nothing is. fingerprint: of the text tower's weights and the
  /// tokenizer's merges. most_bytes: what would make a file larger is not stored, and computed anew
  /// when it is asked for again; 0: no bound.
  /// rounding: how a tower of this fingerprint multiplies, where not in float32; its rows on the disk
  /// are told apart by it.
  TextCache(std::filesystem::path folder, std::string fingerprint, int64_t most_bytes = 0,
            const std::string& rounding = "");
  ~TextCache();
  TextCache(TextCache&&) noexcept;
  TextCache& operator=(TextCache&&) noexcept;

  /// Looks for rows there first, so that all who have the file get the same ones. Before find().
  void read_first(std::shared_ptr<const RowsFile> rows);

  /// The stored row [D], or nothing. The file is read at the first question about these templates.
  std::optional<at::Tensor> find(const std::vector<std::string>& templates,
                                 const std::string& text) const;
  /// Throws Error{io_failure} when the folder or file can't be written (full disk: nothing is left
  /// behind). row [D].
  void store(const std::vector<std::string>& templates, const std::string& text,
             const at::Tensor& row) const;
  /// rows [N, D], one per text; one write for all. Throws Error{io_failure} as above,
  /// Error{shape_mismatch}.
  void store(const std::vector<std::string>& templates, const std::vector<std::string>& texts,
             const at::Tensor& rows) const;
  /// Where the rows of these templates are.
  std::filesystem::path file(const std::vector<std::string>& templates) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// $XDG_CACHE_HOME/fcclip or ~/.cache/fcclip; Error{not_found} when neither variable is set.
std::filesystem::path default_cache_folder();

/// A stable fingerprint of tensors, 32 hexadecimal digits: of all their bytes, shapes, dtypes and
/// order, and of `extra`. All bytes, not a sample: retraining may change little of a table of
/// embeddings. It reads at the memory's speed, several threads at once.
std::string fingerprint(const std::vector<at::Tensor>& tensors, std::string_view extra);

}  // namespace fcclip::classify

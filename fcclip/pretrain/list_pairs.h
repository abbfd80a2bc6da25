#pragma once
// Pairs from a list of picture files with captions.

#include <filesystem>
#include <memory>

#include "fcclip/pretrain/pairs.h"

namespace fcclip::pretrain {

struct ListedPicture {
  std::filesystem::path path;
  std::vector<std::string> captions;  ///< at least one
  std::vector<std::string> names;     ///< of what it shows, the subject's first; may be empty
};

/// A list of either form, told from the first character:
///   tab-separated lines "path <tab> caption", one pair a line (lines of one path are one picture);
///   JSON lines {"image": path, "captions": [text, …] or "caption": text, "names": [text, …]}.
/// Relative paths are relative to the list's folder. Empty lines are left out. Throws
/// Error{not_found}, Error{bad_format} naming file and line.
std::vector<ListedPicture> read_picture_list(const std::filesystem::path& list);

struct ListPairOptions {
  uint64_t seed = 0;
  double least_area = 0.5;  ///< share of the picture that a crop shows at least
  double ramp = 0.4;        ///< share of the run in which pictures grow harder
};

/// Every picture once before any comes again, in an order of its own each time; a caption is named
/// by all names of its picture.
class ListPairs final : public PairSource {
 public:
  ListPairs(std::vector<ListedPicture> pictures, const ListPairOptions& options,
            int64_t batch_size);
  std::vector<Pair> draw(const PairRequest& request) const override;
  const std::vector<std::string>& names() const override { return names_; }
  int64_t classes() const override { return std::ssize(names_); }
  std::vector<std::string> texts() const override;

 private:
  Pair draw_one(const PairRequest& request, int64_t number) const;

  std::vector<ListedPicture> pictures_;
  std::vector<std::vector<int64_t>> present_;
  std::vector<std::string> names_;
  ListPairOptions options_;
  int64_t batch_size_;
};

}  // namespace fcclip::pretrain

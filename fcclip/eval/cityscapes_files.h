#pragma once
// Files in the forms that Cityscapes' own tools take: pairs of truth and prediction, and text files
// with a mask a line.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fcclip::eval {

/// A line of a predictions' text file: "mask.png labelId confidence".
struct CityscapesPrediction {
  std::filesystem::path mask;
  int label = 0;
  double confidence = 0;
};

/// Lines of `file`; masks are named relative to it and lie below `root`. A mask that is named twice
/// counts once, as the later line says. Throws Error{not_found, bad_format} naming file and line: not
/// three fields, an absolute path or one that leaves `root`, an unknown label id, a confidence that
/// is no number.
std::vector<CityscapesPrediction> read_cityscapes_predictions(const std::filesystem::path& file,
                                                              const std::filesystem::path& root);

/// As read_cityscapes_predictions takes it; masks as they stand. Throws Error{io_failure}.
void write_cityscapes_predictions(const std::filesystem::path& file,
                                  const std::vector<CityscapesPrediction>& predictions);

/// The files below a folder that may be the prediction of a picture.
class CityscapesPredictions {
 public:
  /// Those that end in `suffix` (".txt", ".png"). Throws Error{not_found}: no such folder.
  CityscapesPredictions(std::filesystem::path folder, std::string suffix);

  /// The one whose name begins with the picture's ("frankfurt_000000_000294"); of several PNGs the one
  /// that ends in labelIds.png. Throws Error{not_found} when there is none; Error{bad_format} when it
  /// is not clear which.
  const std::filesystem::path& of(const std::string& picture) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::string suffix_;
  std::multimap<std::string, std::filesystem::path> files_;  // by name
};

}  // namespace fcclip::eval

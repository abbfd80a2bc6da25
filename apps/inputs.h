#pragma once
// What the user named -> the list of pictures to work on.

#include <filesystem>
#include <string>
#include <vector>

namespace fcclip::apps {

struct InputPicture {
  std::filesystem::path path;         ///< empty for standard input
  std::filesystem::path output_stem;  ///< relative to the output folder, unique in the list
  std::string shown() const { return path.empty() ? "standard input" : path.string(); }
};

/// Files, folders (searched recursively for pictures, in sorted order), globs ("*.jpg", for shells
/// that leave them alone) and "-". Names that would collide in the output folder keep their
/// extension. Throws Error{invalid_argument} for no input at all, Error{not_found} for a folder or
/// glob without pictures. A named file that does not exist stays in the list: its failure is
/// reported in its turn.
std::vector<InputPicture> expand_inputs(const std::vector<std::string>& inputs);

/// The bytes of standard input. Throws Error{io_failure}.
std::string read_standard_input();

}  // namespace fcclip::apps

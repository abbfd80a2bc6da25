#pragma once
// What the user named -> the list of pictures to work on.

#include <filesystem>
#include <string>
#include <vector>

namespace fcclip::runs {

struct InputPicture {
  std::filesystem::path path;         ///< empty for standard input
  std::filesystem::path output_stem;  ///< relative to the output folder, unique in the list
  std::string shown() const { return path.empty() ? "standard input" : path.string(); }
};

struct InputList {
  std::vector<InputPicture> pictures;
  std::vector<std::string> notes;  ///< what was left out and should be told, a line each
};

/// Files, folders (searched with the folders below them, in natural order), globs ("*.jpg", for
/// shells that leave them alone; folders that match are searched) and "-". A picture that is named
/// twice is taken once. `output_folder` is no input, nor are the results of earlier runs, unless
/// such a picture is all that was named. Names that would collide in the output folder keep their
/// extension. Throws Error{invalid_argument} for no input at all or "-" twice, Error{not_found} for
/// a folder or glob without pictures. A named file that does not exist stays in the list: its
/// failure is reported in its turn.
InputList expand_inputs(const std::vector<std::string>& inputs,
                        const std::filesystem::path& output_folder);

/// "~/pictures" as a shell would read it, where the shell did not ("--output=~/out") and nothing of
/// that very name is there.
std::string expand_home(const std::string& path);

/// The bytes of standard input. Throws Error{io_failure}.
std::string read_standard_input();

/// Size and time of a picture's file, to know it again; empty for standard input.
std::string file_state(const InputPicture& picture);

}  // namespace fcclip::runs

#include "fcclip/video/film_plan.h"

#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "fcclip/runs/inputs.h"

namespace fcclip::video {

namespace fs = std::filesystem;

std::string film_name(const fs::path& film) {
  const fs::path plain = film.has_filename() ? film : film.parent_path();
  if (fs::is_directory(film)) return fs::absolute(plain).lexically_normal().filename().string();
  return plain.stem().string();
}

std::string film_state(const fs::path& film) {
  std::error_code error;
  if (fs::is_regular_file(film, error)) return runs::file_state({film, {}});
  if (!fs::is_directory(film, error)) return "";
  std::string all;
  try {
    for (const fs::path& picture : frames_in(film)) {
      all += picture.filename().string() + '\n' + runs::file_state({picture, {}}) + '\n';
    }
  } catch (const Error&) {
    return "";  // a folder without pictures
  }
  return "frames " + hex(hash_text(all));
}

}  // namespace fcclip::video

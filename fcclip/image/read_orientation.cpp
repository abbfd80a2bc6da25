#include "fcclip/image/read_orientation.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "fcclip/core/error.h"
#include "fcclip/image/orientation.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

// What stands before the block, and how far before its TIFF structure.
struct BlockMark {
  std::string_view mark;
  size_t gap;
};

constexpr std::array<BlockMark, 3> kExifMarks = {{
    {std::string_view("Exif\0\0", 6), 0},  // JPEG
    {"eXIf", 0},                           // PNG
    {"EXIF", 4},                           // WebP: the chunk's length
}};

}  // namespace

int read_orientation(const std::filesystem::path& path) {
  try {
    const std::string bytes = io::read_file(path);
    for (const auto& [mark, gap] : kExifMarks) {
      const size_t found = bytes.find(mark);
      if (found == std::string::npos) continue;
      const size_t begin = std::min(bytes.size(), found + mark.size() + gap);
      const int orientation = exif_orientation(std::string_view(bytes).substr(begin));
      if (orientation > 0) return orientation;
    }
  } catch (const Error&) {
    return 0;  // whoever reads the picture says why
  }
  return 0;
}

}  // namespace fcclip::image

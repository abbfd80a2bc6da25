#pragma once
// One line of text on a picture. Internal to the folder.

#include <string>

namespace fcclip::draw {

/// In pixels.
struct TextSize {
  double width = 0, height = 0;
};

/// A name in bold and, lighter, what follows it.
struct Text {
  std::string name, detail;
  double font_px = 16;
};

}  // namespace fcclip::draw

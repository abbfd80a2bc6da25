#pragma once
// Fonts, and text in them. Internal to the folder.

#include <cairo.h>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "fcclip/draw/palette.h"
#include "fcclip/draw/text.h"

typedef struct _PangoContext PangoContext;

namespace fcclip::draw {

/// A name made fit to be drawn: valid UTF-8, no control characters, at most 48 characters.
std::string drawable(const std::string& name);

/// Text in the system's fonts and those of a folder. Fontconfig keeps what it knows of fonts for
/// the whole process, Pango keeps its font map for each thread.
class Lettering {
 public:
  /// font_folder: its *.ttf and *.otf are added; may be empty or absent.
  explicit Lettering(const std::filesystem::path& font_folder);

  /// Whether there is any font at all. If not, measure gives zeros and draw does nothing.
  bool usable() const { return context_ != nullptr; }
  TextSize measure(const Text& text);
  /// The upper left corner at (x, y).
  void draw(cairo_t* cairo, const Text& text, double x, double y, const Colour& colour) const;
  /// The first measured name that has characters which no font has; empty: none.
  const std::string& lacking() const { return lacking_; }

 private:
  struct Release {
    void operator()(PangoContext* context) const;
  };
  std::unique_ptr<PangoContext, Release> context_;
  std::map<std::tuple<std::string, std::string, double>, TextSize> measured_;
  std::string lacking_;
};

/// The Debian package that has the characters of a text that the usual fonts lack.
std::string font_package(const std::string& text);

}  // namespace fcclip::draw

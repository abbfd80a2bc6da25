#include "fcclip/draw/lettering.h"

#include <algorithm>
#include <array>
#include <fontconfig/fontconfig.h>
#include <mutex>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>
#include <unistd.h>
#include <vector>

namespace fcclip::draw {
namespace {

namespace fs = std::filesystem;

struct UnrefObject {
  void operator()(void* object) const { g_object_unref(object); }
};
using Layout = std::unique_ptr<PangoLayout, UnrefObject>;
using FontMap = std::unique_ptr<PangoFontMap, UnrefObject>;

// Where a cache can be written. Fontconfig complains on standard error when it finds no such place.
bool has_writable_cache(FcConfig* config) {
  FcStrList* folders = FcConfigGetCacheDirs(config);
  bool found = false;
  while (const FcChar8* folder = FcStrListNext(folders)) {
    fs::path path = reinterpret_cast<const char*>(folder);
    std::error_code ignored;
    while (!path.empty() && !fs::exists(path, ignored) && path != path.root_path())
      path = path.parent_path();
    found = found || access(path.c_str(), W_OK) == 0;
  }
  FcStrListDone(folders);
  return found;
}

bool add_cache_folder(FcConfig* config) {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error || access(folder.c_str(), W_OK) != 0) return false;
  const std::string text = "<fontconfig><cachedir>" +
                           (folder / ("fcclip-fonts-" + std::to_string(getuid()))).string() +
                           "</cachedir></fontconfig>";
  return FcConfigParseAndLoadFromMemory(config, reinterpret_cast<const FcChar8*>(text.c_str()),
                                        FcFalse) != FcFalse;
}

int font_count(FcConfig* config) {
  int count = 0;
  for (const FcSetName set : {FcSetSystem, FcSetApplication}) {
    const FcFontSet* fonts = FcConfigGetFonts(config, set);
    count += fonts != nullptr ? fonts->nfont : 0;
  }
  return count;
}

void add_fonts(FcConfig* config, const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".ttf" || extension == ".otf") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    FcConfigAppFontAddFile(config, reinterpret_cast<const FcChar8*>(file.c_str()));
  }
}

// Null when there is no font.
FcConfig* make_config(const fs::path& folder) {
  FcConfig* config = FcConfigCreate();
  if (config == nullptr) return nullptr;
  // Quietly: a machine without a configuration is no error, the folder's fonts are enough.
  FcConfigParseAndLoad(config, nullptr, FcFalse);
  if (has_writable_cache(config) || add_cache_folder(config)) FcConfigBuildFonts(config);
  if (!folder.empty()) add_fonts(config, folder);
  if (font_count(config) == 0) {
    FcConfigDestroy(config);
    return nullptr;
  }
  return config;
}

// Looking through the system's fonts takes a while: once for each folder.
FcConfig* config_for(const fs::path& folder) {
  static std::mutex mutex;
  static std::map<fs::path, FcConfig*> known;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [place, is_new] = known.try_emplace(folder, nullptr);
  if (is_new) {
    place->second = make_config(folder);
    // Pango asks for the process's configuration whatever its font map was given; without one it
    // would look for the system's again, and complain where there is none.
    if (place->second != nullptr &&
        std::ranges::count_if(known, [](const auto& one) { return one.second != nullptr; }) == 1) {
      FcConfigSetCurrent(place->second);
    }
  }
  return place->second;
}

// Pango's font maps belong to one thread each.
PangoFontMap* font_map_for(const fs::path& folder) {
  thread_local std::map<fs::path, FontMap> maps;
  FontMap& map = maps[folder];
  if (map) return map.get();
  FcConfig* config = config_for(folder);
  if (config == nullptr) return nullptr;
  map.reset(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT));
  if (map) pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map.get()), config);
  return map.get();
}

Layout make_layout(PangoContext* context, const Text& text) {
  Layout layout(pango_layout_new(context));
  PangoFontDescription* font = pango_font_description_new();
  // Named first, so that pictures look the same everywhere.
  pango_font_description_set_family(font, "DejaVu Sans,Sans");
  pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
  pango_font_description_set_absolute_size(font, text.font_px * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  const std::string line = text.detail.empty() ? text.name : text.name + " " + text.detail;
  pango_layout_set_text(layout.get(), line.c_str(), static_cast<int>(line.size()));
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  if (!text.detail.empty()) {
    PangoAttrList* attributes = pango_attr_list_new();
    for (PangoAttribute* attribute :
         {pango_attr_weight_new(PANGO_WEIGHT_NORMAL), pango_attr_scale_new(0.85),
          pango_attr_foreground_alpha_new(0xd000)}) {
      attribute->start_index = static_cast<guint>(text.name.size());
      pango_attr_list_insert(attributes, attribute);
    }
    pango_layout_set_attributes(layout.get(), attributes);
    pango_attr_list_unref(attributes);
  }
  return layout;
}

}  // namespace

std::string drawable(const std::string& name) {
  gchar* valid = g_utf8_make_valid(name.data(), static_cast<gssize>(name.size()));
  std::string out;
  int64_t count = 0;
  for (const gchar* at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
    if (++count > 48) {
      out += "…";
      break;
    }
    const gunichar character = g_utf8_get_char(at);
    const bool control = g_unichar_iscntrl(character) || character == 0x2028 || character == 0x2029;
    out.append(control ? " " : std::string(at, static_cast<const gchar*>(g_utf8_next_char(at))));
  }
  g_free(valid);
  return out;
}

std::string font_package(const std::string& text) {
  for (const gchar* at = text.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
    const gunichar character = g_utf8_get_char(at);
    switch (g_unichar_get_script(character)) {
      case G_UNICODE_SCRIPT_HAN:
      case G_UNICODE_SCRIPT_HIRAGANA:
      case G_UNICODE_SCRIPT_KATAKANA:
      case G_UNICODE_SCRIPT_HANGUL:
      case G_UNICODE_SCRIPT_BOPOMOFO:
        return "fonts-noto-cjk";
      default:
        break;
    }
    if (character >= 0x1F000 && character < 0x20000) return "fonts-noto-color-emoji";
  }
  return "fonts-noto-core";
}

void Lettering::Release::operator()(PangoContext* context) const {
  g_object_unref(context);
}

Lettering::Lettering(const fs::path& font_folder) {
  PangoFontMap* map = font_map_for(font_folder);
  if (map == nullptr) return;
  context_.reset(pango_font_map_create_context(map));
  // Measured as drawn: with an image surface's hints.
  cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
  cairo_t* cairo = cairo_create(surface);
  pango_cairo_update_context(cairo, context_.get());
  cairo_destroy(cairo);
  cairo_surface_destroy(surface);
}

TextSize Lettering::measure(const Text& text) {
  if (!usable()) return {};
  const auto [place, is_new] =
      measured_.try_emplace({text.name, text.detail, text.font_px}, TextSize{});
  if (!is_new) return place->second;
  const Layout layout = make_layout(context_.get(), text);
  int width = 0, height = 0;
  pango_layout_get_size(layout.get(), &width, &height);
  if (lacking_.empty() && pango_layout_get_unknown_glyphs_count(layout.get()) > 0)
    lacking_ = text.name;
  place->second = {static_cast<double>(width) / PANGO_SCALE,
                   static_cast<double>(height) / PANGO_SCALE};
  return place->second;
}

void Lettering::draw(cairo_t* cairo, const Text& text, double x, double y,
                     const Colour& colour) const {
  if (!usable()) return;
  cairo_set_source_rgba(cairo, colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0, 1);
  cairo_move_to(cairo, x, y);
  const Layout layout = make_layout(context_.get(), text);
  pango_cairo_update_layout(cairo, layout.get());
  pango_cairo_show_layout(cairo, layout.get());
}

}  // namespace fcclip::draw

#include "fcclip/outputs/overlay_style.h"

#include <charconv>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/core/plain_text.h"
#include "fcclip/draw/vocabulary_colours.h"

namespace fcclip::outputs {
namespace {

std::string trimmed(const std::string& text) {
  return std::string(fcclip::trimmed(text, " \t\r"));
}

std::optional<int64_t> parse_integer(std::string_view text, int base) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<draw::Colour> parse_colour(const std::string& text) {
  draw::Colour colour{};
  if (text.size() == 7 && text[0] == '#') {
    const auto value = parse_integer(std::string_view(text).substr(1), 16);
    if (!value || *value < 0) return std::nullopt;
    for (int c = 0; c < 3; ++c) colour[c] = static_cast<uint8_t>(*value >> (16 - 8 * c) & 255);
    return colour;
  }
  std::istringstream parts(text);
  size_t count = 0;
  for (std::string part; std::getline(parts, part, ','); ++count) {
    const auto value = parse_integer(trimmed(part), 10);
    if (count == 3 || !value || *value < 0 || *value > 255) return std::nullopt;
    colour[count] = static_cast<uint8_t>(*value);
  }
  return count == 3 ? std::optional(colour) : std::nullopt;
}

}  // namespace

std::string OverlayStyle::ending() const {
  return jpeg ? ".overlay.jpg" : ".overlay.png";
}

nlohmann::json OverlayStyle::record() const {
  const draw::OverlayOptions usual;
  nlohmann::json out;
  if (jpeg) out["format"] = "jpg";
  if (options.fill_opacity != usual.fill_opacity) out["opacity"] = options.fill_opacity;
  if (options.min_longer_side != usual.min_longer_side)
    out["longer_side"] = {options.min_longer_side, options.max_longer_side};
  if (!options.labels) out["labels"] = false;
  if (!options.outlines) out["outlines"] = false;
  if (!scores) out["scores"] = false;
  if (!boxes) out["boxes"] = false;
  if (!palette.empty()) out["palette"] = palette;
  for (const auto& [name, colour] : colours) out["colours"][name] = colour;
  return out;
}

std::vector<draw::Colour> styled_colours(const classify::Vocabulary& vocabulary,
                                         const OverlayStyle& style) {
  std::vector<draw::Colour> colours = style.palette.empty()
                                          ? draw::vocabulary_colours(vocabulary)
                                          : draw::palette_colours(vocabulary, style.palette);
  for (size_t i = 0; i < colours.size(); ++i) {
    const auto own = style.colours.find(vocabulary.classes[i].synonyms.front());
    if (own != style.colours.end()) colours[i] = own->second;
  }
  return colours;
}

std::map<std::string, draw::Colour> parse_colours(const std::string& text,
                                                  const std::string& name) {
  std::map<std::string, draw::Colour> colours;
  std::istringstream lines(text);
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    if (++number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    line = trimmed(line);
    if (line.empty() || line == "#" || line.starts_with("# ")) continue;
    const size_t equals = line.rfind('=');
    const std::optional<draw::Colour> colour =
        equals == std::string::npos ? std::nullopt : parse_colour(trimmed(line.substr(equals + 1)));
    if (!colour || trimmed(line.substr(0, equals)).empty()) {
      fail(ErrorCode::bad_format, name, ", line ", number, ": '", line,
           "', expected \"name = #rrggbb\" or \"name = red, green, blue\" (0 to 255)");
    }
    colours[trimmed(line.substr(0, equals))] = *colour;
  }
  return colours;
}

}  // namespace fcclip::outputs

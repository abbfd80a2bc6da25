#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/outputs/class_names.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {
namespace {

// snprintf follows the locale's decimal point; the library sets none, but its user may.
std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", value);
  for (char& c : text) c = c == ',' ? '.' : c;
  return text;
}

// A path may hold line breaks, and a comment ends there.
std::string one_line(std::string text) {
  for (char& c : text) c = static_cast<unsigned char>(c) < 32 ? ' ' : c;
  return text;
}

// A JSON string is a YAML string; bytes that are not UTF-8 (of a path) are replaced.
std::string yaml_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string yolo_text(Size size, const std::vector<Outline>& outlines) {
  if (size.height < 1 || size.width < 1) {
    fail(ErrorCode::invalid_argument, "image size must be at least 1x1, got ", size.height, "x",
         size.width);
  }
  std::string text;
  for (const Outline& outline : outlines) {
    const results::Segment& segment = *outline.segment;
    if (segment.class_index < 0) {
      fail(ErrorCode::invalid_argument, "class ", segment.class_index, " of segment ", segment.id,
           " must be 0 or more");
    }
    const Ring ring = single_ring(outline.polygons);
    if (ring.size() < 3) continue;
    text += std::to_string(segment.class_index);
    for (const Point& p : ring) {
      text += ' ' + decimal(std::clamp(p.x / static_cast<double>(size.width), 0.0, 1.0));
      text += ' ' + decimal(std::clamp(p.y / static_cast<double>(size.height), 0.0, 1.0));
    }
    text += '\n';
  }
  return text;
}

std::string yolo_data_yaml(const classify::Vocabulary& vocabulary, const YoloPictures& pictures) {
  std::string text;
  if (!pictures.comment.empty()) text += "# " + one_line(pictures.comment) + '\n';
  text += "path: " + yaml_string(pictures.root) + '\n';
  text += "train: " + yaml_string(pictures.train) + '\n';
  text += "val: " + yaml_string(pictures.val) + '\n';
  text += "names:\n";
  for (size_t i = 0; i < vocabulary.classes.size(); ++i) {
    const std::string& name = class_name(vocabulary, static_cast<int64_t>(i));
    text += "  " + std::to_string(i) + ": " + yaml_string(name) + '\n';
  }
  return text;
}

}  // namespace fcclip::outputs

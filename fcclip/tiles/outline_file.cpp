#include "fcclip/tiles/outline_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>

#include <nlohmann/json.hpp>

#include "fcclip/outputs/json_text.h"

namespace fcclip::tiles {
namespace {

void append_number(std::string& text, double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

// [[[x,y],…],…]: what stands in "coordinates" of a Polygon.
std::string coordinates(const outputs::Polygon& polygon, const outputs::MapTransform& transform) {
  std::string text = "[";
  for (const outputs::Ring& ring : outputs::mapped_rings(polygon, transform)) {
    if (text.size() > 1) text += ',';
    text += '[';
    for (size_t i = 0; i < ring.size(); ++i) {
      text += i == 0 ? "[" : ",[";
      append_number(text, ring[i].x);
      text += ',';
      append_number(text, ring[i].y);
      text += ']';
    }
    text += ']';
  }
  return text + "]";
}

}  // namespace

OutlineFile::OutlineFile(const std::filesystem::path& scratch,
                         const outputs::GeoJsonOptions& options)
    : folder_(scratch),
      crs_(options.crs),
      transform_(outputs::map_transform(options)),
      file_(open_scratch(scratch)) {}

void OutlineFile::add(int32_t id, const outputs::Polygon& polygon) {
  const std::string text = coordinates(polygon, transform_);
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
    fail_file("write in", folder_);
  }
  pieces_.push_back({id, static_cast<uint32_t>(text.size()), position_});
  position_ += static_cast<int64_t>(text.size());
}

void OutlineFile::copy_pieces(const std::vector<Piece>::const_iterator& begin,
                              const std::vector<Piece>::const_iterator& end,
                              std::ostream& out) const {
  std::string text;
  for (auto piece = begin; piece != end; ++piece) {
    text.resize(piece->bytes);
    errno = 0;
    if (::fseeko(file_.get(), static_cast<off_t>(piece->begin), SEEK_SET) != 0 ||
        std::fread(text.data(), 1, text.size(), file_.get()) != text.size()) {
      fail_file("read back from", folder_);
    }
    if (piece != begin) out << ',';
    out << text;
  }
}

void OutlineFile::write(const std::filesystem::path& path, const std::filesystem::path& shown,
                        const std::string& image, const std::vector<results::Segment>& segments,
                        const classify::Vocabulary& vocabulary) {
  errno = 0;
  if (std::fflush(file_.get()) != 0) fail_file("write in", folder_);
  std::stable_sort(pieces_.begin(), pieces_.end(),
                   [](const Piece& one, const Piece& other) { return one.id < other.id; });
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  out << R"({"type": "FeatureCollection")";
  if (!crs_.empty()) {
    out << R"(, "crs": )"
        << outputs::json_line({{"type", "name"}, {"properties", {{"name", crs_}}}});
  }
  out << R"(, "features": [)";
  auto begin = pieces_.cbegin();
  for (const results::Segment& segment : segments) {
    const auto end = std::find_if(
        begin, pieces_.cend(), [&segment](const Piece& piece) { return piece.id != segment.id; });
    out << (segment.id == segments.front().id ? "\n" : ",\n")
        << R"({"type": "Feature", "properties": )"
        << outputs::json_line(outputs::geojson_properties(image, segment, vocabulary))
        << R"(, "geometry": )";
    const bool one = end - begin == 1;
    if (begin == end) {
      out << "null}";
    } else {
      out << (one ? R"({"type": "Polygon", "coordinates": )"
                  : R"({"type": "MultiPolygon", "coordinates": [)");
      copy_pieces(begin, end, out);
      out << (one ? "}}" : "]}}");
    }
    begin = end;
    if (!out) fail_file("write", shown);
  }
  out << "\n]}\n";
  out.flush();
  if (!out) fail_file("write", shown);
}

}  // namespace fcclip::tiles

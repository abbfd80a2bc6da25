#include "fcclip/data/coco_segmentation.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/results/rle_polygon.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
using Remark = std::function<void(const std::string&)>;

constexpr int64_t kLongestRun = int64_t{1} << 32;

bool are_all_lists_of(const json& list, size_t count) {
  return std::all_of(list.begin(), list.end(),
                     [&](const json& item) { return item.is_array() && item.size() == count; });
}

// Adds a piece to `kept`, or remarks why not.
void mend_piece(const json& piece, double farthest, CocoPolygons& kept, const Remark& remark) {
  std::vector<double> numbers;
  if (!piece.is_array() || !flatten_numbers(piece, numbers)) {
    return remark("a polygon with a coordinate that is no number, left out");
  }
  if (numbers.size() < 6) return remark("a polygon of fewer than 3 points, left out");
  if (numbers.size() % 2 != 0) {
    remark("a polygon with an odd number of coordinates, the last left out");
    numbers.pop_back();
  }
  const auto is_far = [&](double number) { return std::abs(number) > farthest; };
  if (std::any_of(numbers.begin(), numbers.end(), is_far)) {
    remark("a polygon with a coordinate far outside its picture, cut at the edge");
  }
  kept.pieces.push_back(std::move(numbers));
}

CocoPolygons read_polygons(const json& value, Size size, const Remark& remark) {
  // Beyond this a coordinate is a slip of the tool, not a shape that leaves the picture.
  const double side = static_cast<double>(std::max(size.height, size.width));
  const double farthest = side > 0 ? 10 * side + 1000 : 1e6;
  if (!value.empty() && value.front().is_object()) {
    fail(ErrorCode::bad_format,
         "a \"segmentation\" that is a list of objects {…}, expected "
         "polygons or run lengths");
  }
  CocoPolygons kept;
  const bool is_flat = !value.empty() && value.front().is_primitive();
  const bool is_points = value.size() >= 3 && are_all_lists_of(value, 2);
  if (is_flat || is_points) {
    remark("a segmentation that is one list, taken as one polygon");
    mend_piece(value, farthest, kept, remark);
  } else {
    for (const json& piece : value) mend_piece(piece, farthest, kept, remark);
  }
  if (kept.pieces.empty()) remark("a mask without any polygon: it has no pixel");
  return kept;
}

// "b'Y`f0'" is what Python's str makes of bytes; backslashes are doubled in it.
std::string mend_counts(const std::string& text, const Remark& remark) {
  const bool is_repr = text.size() >= 3 && text[0] == 'b' && (text[1] == '\'' || text[1] == '"') &&
                       text.back() == text[1];
  if (!is_repr) return text;
  remark("run lengths saved as Python writes bytes (b'…'), read as they were meant");
  std::string counts;
  for (size_t i = 2; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    counts += text[i];
  }
  return counts;
}

uint32_t read_run(const json& count) {
  const std::optional<double> number = as_number(count);
  if (!number || *number < 0 || *number != std::floor(*number) ||
      *number >= static_cast<double>(kLongestRun)) {
    fail(ErrorCode::bad_format, "a run length that is ", describe_value(count));
  }
  return static_cast<uint32_t>(*number);
}

CocoRuns read_runs(const JsonFields& fields, const Remark& remark) {
  CocoRuns runs;
  const json& counts = fields.at("counts");
  if (const json* size = fields.find("size")) {
    std::vector<double> hw;
    const bool is_size = size->is_array() && flatten_numbers(*size, hw) && hw.size() == 2 &&
                         std::abs(hw[0]) < kLongestRun && std::abs(hw[1]) < kLongestRun;
    if (!is_size) {
      fail(ErrorCode::bad_format, "the \"size\" of its run lengths is not [height, width]");
    }
    runs.size = Size{static_cast<int64_t>(hw[0]), static_cast<int64_t>(hw[1])};
  }
  if (counts.is_string()) {
    runs.counts = mend_counts(counts.get_ref<const std::string&>(), remark);
    return runs;
  }
  if (!counts.is_array()) {
    fail(ErrorCode::bad_format, "\"counts\" is ", describe_value(counts),
         ", expected run lengths or their text");
  }
  std::vector<uint32_t> lengths;
  for (const json& count : counts) lengths.push_back(read_run(count));
  runs.counts = std::move(lengths);
  return runs;
}

results::Rle decode_runs(const CocoRuns& runs, Size size) {
  const Size said = runs.size.value_or(size);
  if (!(said == size)) {
    fail(ErrorCode::bad_format, "a mask of ", said.width, "x", said.height,
         " pixels for a picture of ", size.width, "x", size.height);
  }
  const auto* text = std::get_if<std::string>(&runs.counts);
  if (text != nullptr) return results::from_string(*text, size);
  return results::from_counts(std::get<std::vector<uint32_t>>(runs.counts), size);
}

}  // namespace

CocoSegmentation read_segmentation(const json& value, Size size, const Remark& remark) {
  if (value.is_array()) return read_polygons(value, size, remark);
  if (value.is_object()) return read_runs(JsonFields(value), remark);
  fail(ErrorCode::bad_format, "\"segmentation\" is ", describe_value(value),
       ", expected polygons or run lengths");
}

results::Rle decode(const CocoSegmentation& segmentation, Size size) {
  if (const auto* polygons = std::get_if<CocoPolygons>(&segmentation)) {
    return results::from_polygons(polygons->pieces, size);
  }
  return decode_runs(std::get<CocoRuns>(segmentation), size);
}

}  // namespace fcclip::data

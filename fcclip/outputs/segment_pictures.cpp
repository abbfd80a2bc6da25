#include "fcclip/outputs/segment_pictures.h"

#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/image_file.h"
#include "fcclip/outputs/file_names.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::outputs {
namespace {

namespace fs = std::filesystem;

// Of most file systems, in bytes.
constexpr size_t kLongestFileName = 255;

at::Tensor in_box(const at::Tensor& pixels, const results::Segment& segment) {
  const auto [x, y, width, height] = segment.box_xywh_px;
  return pixels.slice(0, y, y + height).slice(1, x, x + width);
}

at::Tensor pixels_of(OutputKind kind, const results::Segment& segment, const Answer& answer) {
  const results::Segmentation& result = answer.segmentation;
  if (kind == OutputKind::crops) return in_box(answer.picture.rgb, segment).contiguous();
  const at::Tensor mask = results::mask_in_box(result, segment).ne(0).to(at::kByte);
  if (kind == OutputKind::masks) {
    at::Tensor whole = at::zeros({result.size.height, result.size.width}, at::kByte);
    in_box(whole, segment).copy_(mask * 255);
    return whole;
  }
  // What nobody sees is no reason for bytes, nor for showing a cut-out face's neighbour.
  const at::Tensor alpha = mask.unsqueeze(2);
  return at::cat({in_box(answer.picture.rgb, segment) * alpha, alpha * 255}, 2);
}

// photo.3.baseball_bat.png: id and class have no dots, so no two segments of a folder share a name.
std::string segment_file_name(const std::string& stem, const results::Segment& segment) {
  const std::string before = stem + "." + std::to_string(segment.id) + ".";
  const size_t used = before.size() + 4;
  const size_t left = used < kLongestFileName ? kLongestFileName - used : 1;
  return before + file_name_part(segment.name, std::min<size_t>(60, left)) + ".png";
}

nlohmann::json segment_entry(const results::Segment& segment, const std::string& file) {
  return {
      {"file", file},           {"id", segment.id},           {"name", segment.name},
      {"score", segment.score}, {"area_px", segment.area_px}, {"box_xywh_px", segment.box_xywh_px}};
}

}  // namespace

std::vector<OutputFile> segment_pictures(OutputKind kind, const std::string& stem,
                                         const Answer& answer, const LogCallback& log) {
  const std::string& name = facts_of(kind).name;
  const std::vector<results::Segment>& segments = answer.segmentation.segments();
  const int64_t count = std::min(std::ssize(segments), kMostSegmentPictures);
  if (log && count < std::ssize(segments)) {
    log(LogLevel::warning, answer.picture.name + ": " + name + " of the first " +
                               std::to_string(count) + " of " + std::to_string(segments.size()) +
                               " segments");
  }
  std::vector<OutputFile> files;
  nlohmann::json listed = nlohmann::json::array();
  for (int64_t i = 0; i < count; ++i) {
    const results::Segment& segment = segments[static_cast<size_t>(i)];
    const std::string file = name + "/" + segment_file_name(stem, segment);
    files.push_back({file, image::encode_png(pixels_of(kind, segment, answer))});
    listed.push_back(segment_entry(segment, file));
  }
  const nlohmann::json list = {{"image", answer.picture.name}, {"files", std::move(listed)}};
  files.push_back({stem + facts_of(kind).endings.front(), json_text(list)});
  return files;
}

std::set<std::string> listed_segment_pictures(OutputKind kind, std::string_view list) {
  std::set<std::string> files;
  const nlohmann::json json = nlohmann::json::parse(list, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("files") || !json["files"].is_array()) return files;
  for (const nlohmann::json& one : json["files"]) {
    if (!one.is_object() || !one.contains("file") || !one["file"].is_string()) continue;
    const fs::path file = one["file"].get<std::string>();
    if (file.parent_path() == facts_of(kind).name && file.extension() == ".png") {
      files.insert(file.string());
    }
  }
  return files;
}

}  // namespace fcclip::outputs

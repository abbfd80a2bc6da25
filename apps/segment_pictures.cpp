#include "apps/segment_pictures.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "apps/file_names.h"
#include "apps/json_text.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

// Of most file systems, in bytes.
constexpr size_t kLongestFileName = 255;

at::Tensor in_box(const at::Tensor& pixels, const results::Segment& segment) {
  const auto [x, y, width, height] = segment.box_xywh_px;
  return pixels.slice(0, y, y + height).slice(1, x, x + width);
}

at::Tensor pixels_of(OutputKind kind, const results::Segment& segment, const Answer& answer,
                     const results::Segmentation& result) {
  if (kind == OutputKind::crops) return in_box(answer.rgb, segment).contiguous();
  const at::Tensor mask = results::mask_in_box(result, segment).ne(0).to(at::kByte);
  if (kind == OutputKind::masks) {
    at::Tensor whole = at::zeros({result.size.height, result.size.width}, at::kByte);
    in_box(whole, segment).copy_(mask * 255);
    return whole;
  }
  // What nobody sees is no reason for bytes, nor for showing a cut-out face's neighbour.
  const at::Tensor alpha = mask.unsqueeze(2);
  return at::cat({in_box(answer.rgb, segment) * alpha, alpha * 255}, 2);
}

// photo.3.baseball_bat.png: id and class have no dots, so no two segments of a folder share a name.
std::string segment_file_name(const fs::path& stem, const results::Segment& segment) {
  const std::string before = stem.filename().string() + "." + std::to_string(segment.id) + ".";
  const size_t used = before.size() + 4;
  const size_t left = used < kLongestFileName ? kLongestFileName - used : 1;
  return before + file_name_part(segment.name, std::min<size_t>(60, left)) + ".png";
}

// The files that an earlier run wrote for this picture, by its own list.
std::set<std::string> listed_files(const fs::path& index, const std::string& kind) {
  std::set<std::string> files;
  if (!fs::exists(index)) return files;
  const nlohmann::json json = nlohmann::json::parse(io::read_file(index), nullptr, false);
  if (!json.is_object() || !json.contains("files") || !json["files"].is_array()) return files;
  for (const nlohmann::json& one : json["files"]) {
    if (!one.is_object() || !one.contains("file") || !one["file"].is_string()) continue;
    const fs::path file = one["file"].get<std::string>();
    // Nothing outside the kind's own folder, whatever the list says.
    if (file.parent_path() == kind && file.extension() == ".png") files.insert(file.string());
  }
  return files;
}

nlohmann::json segment_entry(const results::Segment& segment, const std::string& file) {
  return {
      {"file", file},           {"id", segment.id},           {"name", segment.name},
      {"score", segment.score}, {"area_px", segment.area_px}, {"box_xywh_px", segment.box_xywh_px}};
}

}  // namespace

std::vector<OutputFile> segment_pictures(OutputKind kind, const fs::path& stem,
                                         const Answer& answer,
                                         const results::Segmentation& result) {
  const std::string name = output_kind_name(kind);
  fs::path index = stem;
  index += "." + name + ".json";
  std::set<std::string> stale = listed_files(index, name);
  const int64_t count = std::min(std::ssize(result.segments()), kMostSegmentPictures);
  if (count < std::ssize(result.segments())) {
    const std::string line = answer.image_name + ": " + name + " of the first " +
                             std::to_string(count) + " of " +
                             std::to_string(result.segments().size()) + " segments";
    if (answer.log) answer.log(LogLevel::warning, line);
  }
  std::vector<OutputFile> files;
  nlohmann::json listed = nlohmann::json::array();
  for (int64_t i = 0; i < count; ++i) {
    const results::Segment& segment = result.segments()[static_cast<size_t>(i)];
    const std::string file = name + "/" + segment_file_name(stem, segment);
    files.push_back(
        {stem.parent_path() / file, image::encode_png(pixels_of(kind, segment, answer, result))});
    listed.push_back(segment_entry(segment, file));
    stale.erase(file);
  }
  files.push_back({index, json_text({{"image", answer.image_name}, {"files", std::move(listed)}})});
  for (const std::string& file : stale) {
    files.back().replaces.push_back(stem.parent_path() / file);
  }
  return files;
}

}  // namespace fcclip::apps

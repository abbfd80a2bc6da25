#include "fcclip/outputs/yolo_data.h"

#include <algorithm>

#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {
namespace {

namespace fs = std::filesystem;

fs::path normal(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

// The deepest folder that all pictures are in; empty for standard input.
fs::path common_folder(const std::vector<AnsweredPicture>& pictures) {
  fs::path common;
  for (const AnsweredPicture& one : pictures) {
    if (one.picture.empty()) continue;
    const fs::path folder = normal(one.picture).parent_path();
    if (common.empty()) common = folder;
    const auto [end, ignored] =
        std::mismatch(common.begin(), common.end(), folder.begin(), folder.end());
    fs::path shared;
    for (auto part = common.begin(); part != end; ++part) shared /= *part;
    common = shared;
  }
  return common;
}

bool any_below(const fs::path& folder, const std::vector<AnsweredPicture>& pictures) {
  return std::any_of(pictures.begin(), pictures.end(), [&](const AnsweredPicture& one) {
    if (one.picture.empty()) return false;
    const fs::path inside = normal(one.picture).lexically_relative(folder);
    return !inside.empty() && *inside.begin() != "..";
  });
}

// Where ultralytics looks for a picture's labels: the last folder "images" is "labels" there.
fs::path expected_labels(const fs::path& picture) {
  std::string text = normal(picture).replace_extension(".txt").string();
  const std::string from = "/images/";
  const size_t at = text.rfind(from);
  if (at != std::string::npos) text.replace(at, from.size(), "/labels/");
  return text;
}

std::string label_hint(const fs::path& folder, const AnsweredQuestion& question) {
  if (!question.suffix.empty()) {
    return "labels must be named like their pictures: ask one question a run";
  }
  for (const AnsweredPicture& one : question.pictures) {
    if (one.picture.empty()) continue;
    const fs::path expected = expected_labels(one.picture);
    fs::path written = normal(one.stem);
    written += ".txt";
    if (expected == written) return "";
    // The output folder that would put this file where it is expected.
    fs::path wanted = expected.parent_path();
    const fs::path below = one.stem.parent_path().lexically_relative(folder);
    if (below != "." && !below.empty()) {
      for (auto part = below.begin(); part != below.end(); ++part) wanted = wanted.parent_path();
    }
    return "the labels are looked for in " + wanted.string() + ": write them there (-o)";
  }
  return "";
}

}  // namespace

std::string yolo_data_file(const fs::path& folder, const AnsweredQuestion& question) {
  const fs::path common = common_folder(question.pictures);
  YoloPictures pictures{normal(folder).string(), "images", "images", ""};
  if (!common.empty()) {
    const std::string name = common.filename().empty() ? "." : common.filename().string();
    pictures = {common.parent_path().string(), name, name, label_hint(folder, question)};
    for (const char* val : {"val", "valid", "validation"}) {
      if (!any_below(common / "train", question.pictures) ||
          !any_below(common / val, question.pictures)) {
        continue;
      }
      pictures.train = name + "/train";
      pictures.val = name + "/" + val;
    }
  }
  return yolo_data_yaml(question.vocabulary, pictures);
}

}  // namespace fcclip::outputs

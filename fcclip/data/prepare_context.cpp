// Pascal Context: VOC 2010 with labels published apart.

#include <fstream>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/data/folder_index.h"
#include "fcclip/data/prepare_steps.h"
#include "fcclip/data/registry.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/mat_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/results/rle.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct DetailMask {
  int64_t category = 0;
  results::Rle rle;
};

struct DetailPicture {
  std::string file;
  Size size;
  std::vector<DetailMask> masks;  ///< in the file's order: later ones cover earlier ones
};

// Reads trainval_merged.json without holding it: of about a gigabyte, the pictures of one split and
// their masks are kept.
class DetailFile {
 public:
  DetailFile(const fs::path& path, Split split, bool with_masks)
      : path_(path), phase_(short_name(split)), with_masks_(with_masks) {
    std::ifstream in(path);
    if (!in) fail(ErrorCode::io_failure, path.string(), ": can't be read");
    try {
      [[maybe_unused]] const json rest =
          json::parse(in, [this](int depth, json::parse_event_t event, json& value) {
            return keeps(depth, event, value);
          });
    } catch (const json::exception& error) {
      fail(ErrorCode::bad_format, path.string(),
           ": no annotations of the Detail API: ", error.what());
    }
    for (auto& [id, masks] : masks_) {
      if (const auto found = pictures_.find(id); found != pictures_.end()) {
        found->second.masks = std::move(masks);
      }
    }
    if (pictures_.empty()) {
      fail(ErrorCode::bad_format, path.string(), ": no pictures of the phase ", phase_, " in it");
    }
  }

  const std::map<int64_t, DetailPicture>& pictures() const { return pictures_; }

 private:
  bool keeps(int depth, json::parse_event_t event, json& value) {
    using Event = json::parse_event_t;
    if (event == Event::key && depth == 1) {
      section_ = value.get<std::string>();
      return section_ == "images" || (section_ == "annos_segmentation" && with_masks_);
    }
    if (event == Event::key && depth == 3) return value != "parts";
    if (event != Event::object_end || depth != 2) return true;
    if (section_ == "images") add_picture(value);
    if (section_ == "annos_segmentation") add_mask(value);
    return false;
  }

  void add_picture(const json& entry) {
    const int64_t id = entry.at("image_id");
    if (entry.at("phase") != phase_) {
      others_.insert(id);
      return;
    }
    const fs::path file = entry.at("file_name").get<std::string>();
    if (file != file.filename() || file.empty()) {
      fail(ErrorCode::bad_format, path_.string(), ": the file name of picture ", id,
           " holds a folder");
    }
    pictures_[id] = {file.string(), {entry.at("height"), entry.at("width")}, {}};
  }

  void add_mask(const json& entry) {
    const int64_t id = entry.at("image_id");
    if (others_.contains(id)) return;
    const json& mask = entry.at("segmentation");
    const Size size{mask.at("size").at(0), mask.at("size").at(1)};
    masks_[id].push_back({entry.at("category_id"),
                          results::from_string(mask.at("counts").get<std::string>(), size)});
  }

  fs::path path_;
  std::string phase_;
  bool with_masks_;
  std::string section_;
  std::map<int64_t, DetailPicture> pictures_;
  std::set<int64_t> others_;
  std::map<int64_t, std::vector<DetailMask>> masks_;
};

// The Detail API's category -> position among the 59.
std::map<int64_t, int64_t> positions_of_categories() {
  std::map<int64_t, int64_t> positions;
  const json file = json::parse(classify::builtin_vocabulary_json("pascal_context_59"));
  for (const json& entry : file.at("categories")) {
    const auto k = static_cast<int64_t>(positions.size());
    positions[entry.at("detail_id").get<int64_t>()] = k;
  }
  return positions;
}

at::Tensor paint(const DetailPicture& picture, const std::map<int64_t, int64_t>& positions,
                 const fs::path& json_file) {
  at::Tensor map = at::full({picture.size.height, picture.size.width}, 255, at::kByte);
  for (const DetailMask& mask : picture.masks) {
    const auto position = positions.find(mask.category);
    if (position == positions.end() || !(mask.rle.size == picture.size)) {
      fail(ErrorCode::bad_format, json_file.string(), ": ", picture.file, ": a mask of ",
           mask.rle.size.width, " x ", mask.rle.size.height, " pixels with category ",
           mask.category, "; expected one of the 59 and ", picture.size.width, " x ",
           picture.size.height);
    }
    map.masked_fill_(results::to_mask(mask.rle).to(at::kBool), position->second);
  }
  return map;
}

struct ContextFolders {
  fs::path voc, out;
  Split split;
  std::string advice;
};

ContextFolders folders_of(std::string_view name, const PrepareOptions& options) {
  return {options.root / "VOCdevkit/VOC2010", options.root / "pascal_ctx_d2", options.split,
          " (download " + find_dataset(name).download + " into " +
              (options.root / "VOCdevkit/VOC2010").string() + ")"};
}

void copy_picture(const ContextFolders& folders, const std::string& file) {
  const fs::path from = folders.voc / "JPEGImages" / file,
                 to = folders.out / "images" / long_name(folders.split) / file;
  if (fs::exists(to)) return;
  need_file(from, folders.advice);
  io::write_atomically(to, io::read_file(from));
}

// The split is the Detail API's; the pictures that prepare_context_59 copied stand for it too.
std::vector<std::string> files_of_split(const ContextFolders& folders) {
  std::vector<std::string> files;
  const fs::path list = folders.voc / "trainval_merged.json",
                 copied = folders.out / "images" / long_name(folders.split);
  if (!fs::exists(list) && fs::is_directory(copied)) {
    for (const auto& [name, path] : index_folder({copied}, {".jpg"}, folders.advice)) {
      files.push_back(path.filename().string());
    }
    return files;
  }
  need_file(list, folders.advice);
  const DetailFile detail(list, folders.split, false);
  for (const auto& [id, picture] : detail.pictures()) files.push_back(picture.file);
  return files;
}

}  // namespace

void prepare_context_59(const PrepareOptions& options) {
  const ContextFolders folders = folders_of("pascal_context_59", options);
  const fs::path list = folders.voc / "trainval_merged.json",
                 labels = folders.out / "annotations_ctx59" / long_name(folders.split);
  need_file(list, folders.advice);
  const DetailFile detail(list, folders.split, true);
  const std::map<int64_t, int64_t> positions = positions_of_categories();
  int64_t done = 0;
  for (const auto& [id, picture] : detail.pictures()) {
    copy_picture(folders, picture.file);
    const std::string name = stem_of(picture.file);
    if (!has_labels(labels, name)) {
      image::write_png(labels / (name + ".png"), paint(picture, positions, list));
    }
    report(options, ++done, detail.pictures().size());
  }
}

void prepare_context_459(const PrepareOptions& options) {
  constexpr int64_t kClasses = 459, kUnlabelled = 65535;
  const ContextFolders folders = folders_of("pascal_context_459", options);
  const fs::path labels = folders.out / "annotations_ctx459" / long_name(folders.split);
  const std::vector<std::string> files = files_of_split(folders);
  int64_t done = 0;
  for (const std::string& file : files) {
    copy_picture(folders, file);
    const std::string name = stem_of(file);
    if (!has_labels(labels, name)) {
      const fs::path matlab = folders.voc / "trainval" / (name + ".mat");
      need_file(matlab, folders.advice);
      const at::Tensor stored = image::read_mat_labels(matlab, "LabelMap");
      if (stored.lt(0).logical_or(stored.gt(kClasses)).any().item<bool>()) {
        fail(ErrorCode::bad_format, matlab.string(), ": labels from ", stored.min().item<int>(),
             " to ", stored.max().item<int>(), ", expected 0 to ", kClasses);
      }
      image::write_png(labels / (name + ".png"),
                       at::where(stored.eq(0), kUnlabelled, stored - 1).to(at::kInt));
    }
    report(options, ++done, files.size());
  }
}

}  // namespace fcclip::data

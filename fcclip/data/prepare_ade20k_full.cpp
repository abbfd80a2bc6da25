#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/data/folder_index.h"
#include "fcclip/data/prepare_steps.h"
#include "fcclip/data/registry.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/python_forms.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kShortSide = 512, kUnlabelled = 65535;
constexpr int64_t kClassNumbers = 26 * 256;  // R/10 is 0 to 25

// Class number of the full data set -> position among the 847.
at::Tensor position_table() {
  at::Tensor table = at::full({kClassNumbers}, kUnlabelled, at::kInt);
  const classify::Vocabulary words = classify::builtin_vocabulary("ade20k_847");
  for (size_t k = 0; k < words.classes.size(); ++k) {
    table[words.classes[k].id].fill_(static_cast<int64_t>(k));
  }
  return table;
}

at::Tensor class_numbers(const fs::path& path) {
  const at::Tensor rgb = image::read_png_exact(path);
  if (rgb.dim() != 3) {
    fail(ErrorCode::bad_format, path.string(), ": one channel; expected a colour PNG");
  }
  const at::Tensor red = rgb.select(2, 0).to(at::kInt), green = rgb.select(2, 1).to(at::kInt);
  return at::div(red, 10, "floor") * 256 + green;
}

// The short side becomes 512 when both are longer; Python's round() takes halves to the even side.
Size published_size(Size size) {
  const auto scaled = [](int64_t longer, int64_t shorter) {
    const double ratio = static_cast<double>(longer) / static_cast<double>(shorter);
    return std::lrint(ratio * kShortSide);
  };
  if (std::min(size.height, size.width) <= kShortSide) return size;
  if (size.width >= size.height) return {kShortSide, scaled(size.width, size.height)};
  return {scaled(size.height, size.width), kShortSide};
}

}  // namespace

void prepare_ade20k_full(const PrepareOptions& options) {
  const fs::path ade = options.root / "ADE20K_2021_17_01";
  const fs::path pictures = ade / "images_detectron2" / long_name(options.split),
                 labels = ade / "annotations_detectron2" / long_name(options.split);
  const std::string advice = " (" + download_advice(find_dataset("ade20k_847"), options.root) + ")";
  // The pictures that the index lists stand in these folders, so the pickled index isn't read.
  const FolderIndex files =
      index_folder({ade / "images/ADE" / long_name(options.split)}, {".jpg"}, advice);
  const at::Tensor table = position_table();
  int64_t done = 0;
  for (const auto& [name, path] : files) {
    report(options, ++done, files.size());
    const fs::path picture = pictures / (name + ".jpg");
    // As the reference splits them: what is not called so is for training.
    const bool is_other = name.starts_with("ADE_val_") != (options.split == Split::validation);
    if (is_other || (fs::exists(picture) && has_labels(labels, name))) {
      continue;
    }
    const fs::path masks = fs::path(path).replace_filename(name + "_seg.png");
    need_file(masks, advice);
    at::Tensor rgb = image::read_unturned_jpeg(path), map = class_numbers(masks);
    const Size size{rgb.size(0), rgb.size(1)};
    if (map.size(0) != size.height || map.size(1) != size.width) {
      fail(ErrorCode::bad_format, masks.string(), ": ", map.size(1), " x ", map.size(0),
           " pixels, but the picture ", path.filename().string(), " has ", size.width, " x ",
           size.height);
    }
    if (const Size published = published_size(size); !(published == size)) {
      rgb = image::opencv_linear(rgb, published);
      map = image::opencv_nearest(map.contiguous(), published);
    }
    io::write_atomically(picture, image::encode_pillow_jpeg(rgb));
    image::write_png(labels / (name + ".png"), table.take(map.to(at::kLong)));
  }
}

}  // namespace fcclip::data

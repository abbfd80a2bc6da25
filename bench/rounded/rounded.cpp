// Which part of the network loses what when products are rounded: of every picture the panoptic map, pixel by pixel,
// beside float32's.
//   rounded_bench MODEL PICTURES VOCABULARY DTYPE IMPLEMENTATION [COUNT] [EXACT PARTS]...
// IMPLEMENTATION: aten (what a GPU runs) or the processor's (avx512). EXACT PARTS, joined by +, stay float32
// (ops::Packing::exact_parts); "none" are none, "usual" those of ops::usual_exact_parts(). With "/tf32" behind them all
// products that would be float32 are rounded as a GPU's TF32 does it.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/model/model.h"
#include "fcclip/model/model_file.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/words/load_vocabulary.h"
#include "tf32_on_host.h"

namespace fcclip {
namespace {

namespace fs = std::filesystem;

constexpr double kNearlyAll = 0.99;
constexpr int64_t kShortSide = 384;
constexpr std::string_view kRest = "/tf32";

const ops::Implementation& implementation_named(const std::string& name) {
  for (const ops::Implementation* one : ops::implementations_of(c10::DeviceType::CPU)) {
    if (one->name == name) return *one;
  }
  fail(ErrorCode::invalid_argument, "no implementation '", name, "' here");
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text == "none" ? "" : text);
  for (std::string part; std::getline(in, part, '+');) parts.push_back(part);
  return parts;
}

/// [h, w] of classes, -1 where there is no segment.
at::Tensor class_map(const results::PanopticSegmentation& found) {
  at::Tensor of_id = at::full({std::ssize(found.segments) + 1}, -1, at::kLong);
  for (const results::Segment& segment : found.segments) of_id[segment.id] = segment.class_index;
  return of_id.index_select(0, found.ids.flatten().to(at::kLong)).view(found.ids.sizes());
}

class Comparison {
 public:
  Comparison(const fs::path& model, const std::vector<fs::path>& pictures, const std::string& words)
      : model_(model::load_model(model, at::kCPU)), segmenter_(model_, options()) {
    for (const fs::path& picture : pictures) pictures_.push_back(image::read_rgb(picture));
    words_ = segmenter_.prepare(words::load_question(words, {}));
    exact_ = answers({});
  }

  void print(const ops::Packing& packing, bool tf32, const std::string& label) {
    std::optional<Tf32OnHost> rest;
    if (tf32) rest.emplace();
    const std::vector<Picture> rounded = answers(packing);
    const auto count = static_cast<double>(exact_.size());
    double mean = 0, masks = 0, in = 0, out = 0;
    size_t nearly_all = 0;
    for (size_t i = 0; i < exact_.size(); ++i) {
      const Picture &a = rounded[i], &b = exact_[i];
      const double share = a.classes.eq(b.classes).to(at::kDouble).mean().item<double>();
      mean += share / count;
      if (share >= kNearlyAll) ++nearly_all;
      masks += distance(a.masks, b.masks) / count;
      in += distance(a.in, b.in) / count;
      out += distance(a.out, b.out) / count;
    }
    std::printf("| %s | %.2f %% | %zu of %zu | %.2f %% | %.2f %% | %.2f %% |\n", label.c_str(),
                100 * mean, nearly_all, exact_.size(), 100 * masks, 100 * in, 100 * out);
    std::fflush(stdout);
  }

 private:
  static segmenter::SegmenterOptions options() {
    segmenter::SegmenterOptions options;
    options.use_text_cache = false;
    return options;
  }

  struct Picture {
    at::Tensor classes, masks, in, out;
  };

  // Of the length of b.
  static double distance(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
  }

  std::vector<Picture> answers(const ops::Packing& packing) {
    model_->prepare(packing);
    std::vector<Picture> all;
    for (const at::Tensor& picture : pictures_) {
      const auto image = segmenter_.encode(picture, {kShortSide, 4 * kShortSide});
      all.push_back({class_map(segmenter_.ask(image, words_, segmenter_.ask_defaults()).panoptic()),
                     image.mask_logits, image.class_embed, image.clip_embed});
    }
    return all;
  }

  std::shared_ptr<model::Model> model_;
  segmenter::Segmenter segmenter_;
  std::vector<at::Tensor> pictures_;
  std::vector<Picture> exact_;
  segmenter::PreparedVocabulary words_;
};

std::vector<fs::path> pictures_in(const fs::path& folder, size_t count) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder)) all.push_back(entry.path());
  std::ranges::sort(all);
  all.resize(std::min(all.size(), count));
  return all;
}

void run(int count, char** arguments) {
  const ops::Products products = ops::products_named(arguments[4], at::kCPU);
  const ops::Forced forced(implementation_named(arguments[5]));
  const auto most = static_cast<size_t>(count > 6 ? std::atoi(arguments[6]) : 100);
  Comparison comparison(arguments[1], pictures_in(arguments[2], most), arguments[3]);
  std::puts(
      "| float32 | pixels that keep their class | 99 % and more | mask logits off by | "
      "in-vocabulary embeddings | "
      "out-of-vocabulary embeddings |\n|---|---|---|---|---|---|");
  std::vector<std::string> sets(arguments + std::min(count, 7), arguments + count);
  if (sets.empty()) sets = {"none", "usual"};
  for (const std::string& set : sets) {
    const bool tf32 = set.ends_with(kRest);
    const std::string parts = set.substr(0, set.size() - (tf32 ? kRest.size() : 0));
    ops::Packing packing(products);
    if (parts != "usual") packing.exact_parts = split(parts);
    comparison.print(packing, tf32, set);
  }
}

}  // namespace
}  // namespace fcclip

int main(int count, char** arguments) {
  if (count < 6) {
    std::fputs(
        "usage: rounded_bench MODEL PICTURES VOCABULARY DTYPE IMPLEMENTATION [COUNT] [EXACT "
        "PARTS]...\n",
        stderr);
    return 2;
  }
  try {
    fcclip::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

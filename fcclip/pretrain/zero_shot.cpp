#include "fcclip/pretrain/zero_shot.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/error.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/group_best.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/resize.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/pretrain/crop.h"
#include "fcclip/segmenter/given_masks.h"
#include "fcclip/segmenter/preprocess.h"

namespace fcclip::pretrain {
namespace {

constexpr int64_t kMostRight = 5;
constexpr double kCropContext = 1.2;
constexpr int64_t kSmallestArea = 16;
constexpr int64_t kCropBatch = 64;

struct Asked {
  int64_t class_index = 0;
  int64_t area = 0;
  int64_t scene_side = 0;
  at::Tensor embedding;  // [D]
};

class Tally {
 public:
  explicit Tally(std::string prefix) : prefix_(std::move(prefix)) {}
  void add(const std::string& group, bool right) {
    auto& [hits, count] = sums_[prefix_ + group];
    hits += right ? 1 : 0;
    ++count;
  }
  void write(std::map<std::string, double>& out) const {
    for (const auto& [name, sum] : sums_) out[name] = 100.0 * sum.first / sum.second;
  }

 private:
  std::string prefix_;
  std::map<std::string, std::pair<int64_t, int64_t>> sums_;
};

class Judge {
 public:
  Judge(const ZeroShotWords& words, const classify::TextClassifier& rows)
      : words_(words), rows_(rows) {
    for (size_t i = 0; i < words.subjects.size(); ++i) index_[words.subjects[i].name] = i;
  }

  void judge(const std::vector<Asked>& asked, const std::string& prefix,
             std::map<std::string, double>& out) const {
    if (asked.empty()) return;
    std::vector<at::Tensor> embeddings;
    for (const Asked& one : asked) embeddings.push_back(one.embedding);
    const at::Tensor best = std::get<1>(class_scores(nn::unit(at::stack(embeddings)))
                                            .topk(std::min<int64_t>(kMostRight, classes()), 1));
    Tally tally(prefix);
    for (size_t i = 0; i < asked.size(); ++i) {
      const int64_t* guesses = best.const_data_ptr<int64_t>() + i * best.size(1);
      bool in_five = false;
      for (int64_t k = 0; k < best.size(1); ++k) {
        in_five = in_five || is_right(asked[i].class_index, guesses[k]);
      }
      add(tally, asked[i], is_right(asked[i].class_index, guesses[0]), in_five);
    }
    tally.write(out);
  }

 private:
  int64_t classes() const { return std::ssize(rows_.synonyms_per_class); }

  // The best synonym speaks for a class.
  at::Tensor class_scores(const at::Tensor& embeddings) const {
    const at::Tensor scores = embeddings.mm(rows_.rows.t());
    return ops::best_of_groups(scores, rows_.synonyms_per_class).best;
  }

  bool is_right(int64_t truth, int64_t guess) const {
    if (truth == guess) return true;
    for (const std::string& term : words_.subjects[truth].broader) {
      const auto found = index_.find(term);
      if (found != index_.end() && found->second == guess) return true;
    }
    return false;
  }

  void add(Tally& tally, const Asked& asked, bool right, bool in_five) const {
    tally.add("top1", right);
    tally.add("top5", in_five);
    if (!words_.vocabulary.classes[asked.class_index].is_thing) {
      tally.add("stuff_top1", right);
      return;
    }
    tally.add(words_.is_seen[asked.class_index] ? "seen_top1" : "unseen_top1", right);
    const double side = std::sqrt(static_cast<double>(asked.area));
    tally.add(side <= 32    ? "to32_top1"
              : side <= 64  ? "to64_top1"
              : side <= 128 ? "to128_top1"
                            : "beyond_top1",
              right);
  }

  const ZeroShotWords& words_;
  const classify::TextClassifier& rows_;
  std::map<std::string, int64_t> index_;
};

struct DenseResult {
  std::vector<Asked> asked;
  int64_t covered = 0, all = 0;
};

at::Device device_of(const model::Clip& clip) {
  return clip.weights().rows().front().member->device();
}

// As Segmenter does it with given masks.
void ask_dense(const model::Clip& clip, const data::Sample& sample,
               const std::vector<Extent>& extents, DenseResult& result) {
  std::vector<at::Tensor> masks;
  std::vector<const data::TruthSegment*> kept;
  for (const data::TruthSegment& segment : sample.segments) {
    if (segment.is_crowd || extents[segment.id].area < kSmallestArea) continue;
    masks.push_back(sample.ids.eq(segment.id));
    kept.push_back(&segment);
  }
  if (masks.empty()) return;
  const at::Tensor pixels =
      segmenter::network_input(sample.rgb.unsqueeze(0), clip.pixels, device_of(clip));
  const at::Tensor dense = clip.image_tower->forward(pixels).dense;
  const Size size = {sample.rgb.size(0), sample.rgb.size(1)};  // the network sees it as it is
  const at::Tensor shown = ops::on_device(at::stack(masks), dense.device());
  const at::Tensor logits = ops::resize_planes(
      segmenter::masks_on_grid(shown, size, size).unsqueeze(0), {dense.size(1), dense.size(2)});
  const at::Tensor valid = ops::on_host(logits[0].gt(0).flatten(1).any(1));
  const at::Tensor embeddings = ops::on_host(clip.image_tower->embed_masks(dense, logits)[0]);
  for (size_t i = 0; i < kept.size(); ++i) {
    ++result.all;
    if (!valid[i].item<bool>()) continue;
    ++result.covered;
    result.asked.push_back(
        {kept[i]->class_index, extents[kept[i]->id].area, sample.rgb.size(0), embeddings[i]});
  }
}

struct CropResult {
  std::vector<bool> is_thing;  // of every class
  std::vector<Asked> asked;
  std::vector<at::Tensor> pending;
};

void embed_pending(const model::Clip& clip, CropResult& result) {
  if (result.pending.empty()) return;
  const at::Tensor dense = clip.image_tower
                               ->forward(segmenter::network_input(at::stack(result.pending),
                                                                  clip.pixels, device_of(clip)))
                               .dense;
  const at::Tensor everything =
      at::ones({dense.size(0), 1, dense.size(1), dense.size(2)}, dense.options());
  const at::Tensor embeddings =
      ops::on_host(clip.image_tower->embed_masks(dense, everything).squeeze(1));
  const int64_t first = std::ssize(result.asked) - std::ssize(result.pending);
  for (int64_t i = 0; i < std::ssize(result.pending); ++i) {
    result.asked[first + i].embedding = embeddings[i];
  }
  result.pending.clear();
}

void ask_crops(const model::Clip& clip, const data::Sample& sample,
               const std::vector<Extent>& extents, int64_t crop_side, CropResult& result) {
  const int64_t height = sample.rgb.size(0), width = sample.rgb.size(1);
  for (const data::TruthSegment& segment : sample.segments) {
    const Extent& extent = extents[segment.id];
    if (segment.is_crowd || !result.is_thing[segment.class_index]) continue;
    if (extent.area < kSmallestArea) continue;
    const int64_t side = std::clamp<int64_t>(std::lround(kCropContext * extent.longest()), 8,
                                             std::min(height, width));
    const auto place = [&](int64_t low, int64_t high, int64_t length) {
      return std::clamp<int64_t>((low + high - side) / 2, 0, length - side);
    };
    const at::Tensor crop = sample.rgb.narrow(0, place(extent.top, extent.bottom, height), side)
                                .narrow(1, place(extent.left, extent.right, width), side);
    result.pending.push_back(ops::resize_bilinear_u8(crop.contiguous(), {crop_side, crop_side}));
    result.asked.push_back({segment.class_index, extent.area, height, {}});
    if (std::ssize(result.pending) == kCropBatch) embed_pending(clip, result);
  }
}

}  // namespace

classify::TextClassifier encode_words(const model::Clip& clip, const ZeroShotWords& words,
                                      const std::vector<std::string>& templates) {
  if (clip.tokenizer == nullptr) {
    fail(ErrorCode::invalid_argument, "zero-shot classes need a CLIP with its tokenizer");
  }
  classify::EncodeOptions options;
  options.templates = templates;
  classify::TextClassifier rows =
      classify::encode_vocabulary(clip.text_tower, *clip.tokenizer, words.vocabulary, options);
  rows.rows = ops::on_host(rows.rows);  // where what is asked is judged
  return rows;
}

std::map<std::string, double> zero_shot(const model::Clip& clip, const ZeroShotWords& words,
                                        const classify::TextClassifier& rows,
                                        const SceneSource& scenes, const ZeroShotOptions& options) {
  const at::NoGradGuard no_grad;
  DenseResult dense;
  CropResult crops;
  for (const classify::VocabularyClass& entry : words.vocabulary.classes) {
    crops.is_thing.push_back(entry.is_thing);
  }
  for (int64_t i = 0; i < options.scenes; ++i) {
    const data::Sample sample = scenes(options.first_scene + i).sample;
    const std::vector<Extent> extents =
        measure_segments(sample.ids.contiguous(), std::ssize(sample.segments));
    ask_dense(clip, sample, extents, dense);
    ask_crops(clip, sample, extents, options.crop_side, crops);
  }
  embed_pending(clip, crops);
  std::map<std::string, double> numbers;
  const Judge judge(words, rows);
  judge.judge(dense.asked, "dense_", numbers);
  judge.judge(crops.asked, "crop_", numbers);
  if (dense.all > 0) numbers["dense_covered"] = 100.0 * dense.covered / dense.all;
  return numbers;
}

}  // namespace fcclip::pretrain

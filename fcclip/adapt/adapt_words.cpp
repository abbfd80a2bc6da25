#include "fcclip/adapt/adapt_words.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/classify/row_values.h"
#include "fcclip/core/error.h"
#include "fcclip/model/class_rows.h"
#include "fcclip/model/model.h"
#include "fcclip/ops/host.h"
#include "fcclip/segmenter/examples.h"
#include "fcclip/segmenter/mask_overlaps.h"

namespace fcclip::adapt {
namespace {

// Masks of the network at least so much alike are the segment, below the other they are none.
constexpr double kIsSegment = 0.5, kIsNothing = 0.2;
// The part of a mask that must be labelled, if it is to be known for nothing.
constexpr double kLabelled = 0.8;

// Embeddings of one picture after another.
class Gatherer {
 public:
  explicit Gatherer(int64_t classes) : void_(classes), pictures_(classes, 0) {}

  void add(int64_t picture, const segmenter::Segmenter& segmenter, const data::Sample& sample,
           const segmenter::PreparedVocabulary& words, const segmenter::EncodeSize& size) {
    std::vector<at::Tensor> masks;
    std::vector<int64_t> classes;
    for (const data::TruthSegment& segment : sample.segments) {
      const at::Tensor mask = sample.ids.eq(segment.id);
      if (segment.is_crowd || !mask.any().item<bool>()) continue;
      masks.push_back(mask);
      classes.push_back(segment.class_index);
    }
    if (masks.empty()) return;
    for (const int64_t one : std::set<int64_t>(classes.begin(), classes.end())) ++pictures_[one];
    const segmenter::EncodedImage image =
        segmenter.encode_beside_masks(sample.rgb, at::stack(masks), size);
    const segmenter::MaskEmbeddings seen = segmenter::mask_embeddings(segmenter, image, words);
    const std::vector<int64_t> what = classes_of_masks(image, classes);
    for (size_t q = 0; q < what.size(); ++q) {
      const auto row = static_cast<int64_t>(q);
      if (what[q] < 0) continue;
      in_.push_back(seen.in_vocabulary[row]);
      in_labels_.classes.push_back(what[q]);
      in_labels_.pictures.push_back(picture);
      if (what[q] == void_) continue;
      out_.push_back(seen.out_of_vocabulary[row]);
      out_labels_.classes.push_back(what[q]);
      out_labels_.pictures.push_back(picture);
    }
  }

  SeenPictures take() {
    if (!in_.empty()) in_labels_.embeddings = at::stack(in_);
    if (!out_.empty()) out_labels_.embeddings = at::stack(out_);
    return {std::move(in_labels_), std::move(out_labels_), std::move(pictures_)};
  }

 private:
  // Of the true masks, then of the network's: a class, void, or −1 for what is neither.
  std::vector<int64_t> classes_of_masks(const segmenter::EncodedImage& image,
                                        const std::vector<int64_t>& classes) const {
    std::vector<int64_t> what = classes;
    const auto count = std::ssize(classes);
    const at::Tensor inside = ops::on_host(image.mask_logits).gt(0);
    const at::Tensor own = inside.slice(0, count), truth = inside.narrow(0, 0, count);
    const auto [best, which] = segmenter::mask_overlaps(own, truth).max(1);
    const at::Tensor labelled =
        (own & truth.any(0)).flatten(1).sum(1).to(at::kFloat) / own.flatten(1).sum(1).clamp_min(1);
    for (int64_t q = 0; q < own.size(0); ++q) {
      const double overlap = best[q].item<double>();
      int64_t one = -1;
      if (overlap >= kIsSegment) one = classes[which[q].item<int64_t>()];
      if (overlap < kIsNothing && labelled[q].item<double>() >= kLabelled) one = void_;
      what.push_back(one);
    }
    return what;
  }

  int64_t void_;
  std::vector<int64_t> pictures_;
  std::vector<at::Tensor> in_, out_;
  LabelledEmbeddings in_labels_, out_labels_;
};

}  // namespace

SeenPictures see_pictures(const segmenter::Segmenter& segmenter, const data::Dataset& pictures,
                          const segmenter::PreparedVocabulary& words, const AdaptOptions& options) {
  const c10::InferenceMode guard;
  const int64_t count =
      options.limit > 0 ? std::min(options.limit, pictures.size()) : pictures.size();
  Gatherer gatherer(std::ssize(words.vocabulary.classes));
  for (int64_t i = 0; i < count; ++i) {
    report_progress(options.pictures, i, count, "pictures");
    gatherer.add(i, segmenter, pictures.get(i), words, options.size);
  }
  report_progress(options.pictures, count, count, "pictures");
  return gatherer.take();
}

classify::Vocabulary adapted_words(const segmenter::Segmenter& segmenter, const SeenPictures& seen,
                                   const segmenter::PreparedVocabulary& words,
                                   const AdaptOptions& options) {
  if (seen.out_of_vocabulary.classes.empty()) {
    fail(ErrorCode::invalid_argument, "the pictures show none of the classes: nothing to fit");
  }
  const model::Model& model = segmenter.model();
  const RowClassifier in{words.classifier.in_vocabulary(), model.head.void_embedding,
                         model.head.mask_decoder.logit_scale().item<double>()};
  const RowClassifier out{words.classifier, {}, model.clip->text_tower.logit_scale()};
  const at::Tensor in_rows = fit_rows(seen.in_vocabulary, in, options.in_vocabulary);
  const at::Tensor out_rows = fit_rows(seen.out_of_vocabulary, out, options.out_of_vocabulary);
  const std::string fingerprint = model::rows_fingerprint(model);
  classify::Vocabulary adapted = words.vocabulary;
  for (size_t k = 0; k < adapted.classes.size(); ++k) {
    if (seen.pictures[k] == 0) continue;
    const auto row = static_cast<int64_t>(k);
    adapted.classes[k].rows = std::make_shared<classify::ClassRows>(classify::ClassRows{
        classify::row_values(in_rows[row]), classify::row_values(out_rows[row]), fingerprint});
  }
  return adapted;
}

std::vector<std::string> unseen_names(const SeenPictures& seen,
                                      const classify::Vocabulary& vocabulary) {
  std::vector<std::string> names;
  for (size_t k = 0; k < vocabulary.classes.size(); ++k) {
    if (seen.pictures[k] == 0) names.push_back(vocabulary.classes[k].synonyms.front());
  }
  return names;
}

}  // namespace fcclip::adapt

#include "fcclip/segmenter/examples.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/classify/markings.h"
#include "fcclip/classify/row_values.h"
#include "fcclip/core/check.h"
#include "fcclip/model/class_rows.h"
#include "fcclip/model/model.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/host.h"

namespace fcclip::segmenter {
namespace {

// Of the bundled model on held-out pictures of its world, where most is found (bench/examples): how
// long rows of examples alone are, and the steps from the word's row, of unit length.
constexpr double kAlone = 0.65;
constexpr double kInStep = 0.3, kOutStep = 0.1;

// [D]: the row of a class's word, the mean where it has several.
at::Tensor word_row(const classify::TextClassifier& words, int64_t word) {
  int64_t begin = 0;
  for (int64_t k = 0; k < word; ++k) begin += words.synonyms_per_class[k];
  const at::Tensor rows = words.rows.narrow(0, begin, words.synonyms_per_class[word]);
  return nn::unit(ops::on_host(rows).to(at::kFloat).mean(0));
}

}  // namespace

MaskEmbeddings mask_embeddings(const Segmenter& segmenter, const EncodedImage& image,
                               const PreparedVocabulary& words) {
  const c10::InferenceMode guard;
  const classify::Classification classes =
      segmenter.name_masks(image, words, segmenter.ask_defaults().ensemble);
  return {nn::unit(ops::on_host(image.class_embed).to(at::kFloat)),
          nn::unit(ops::on_host(classes.out_embed[0]).to(at::kFloat))};
}

Example example_of(const Segmenter& segmenter, const EncodedImage& image, int64_t query,
                   const PreparedVocabulary& words) {
  const c10::InferenceMode guard;
  if (query < 0 || query >= image.mask_logits.size(0)) {
    fail(ErrorCode::invalid_argument, "no mask ", query, ": the picture has ",
         image.mask_logits.size(0));
  }
  const MaskEmbeddings all = mask_embeddings(segmenter, image, words);
  return {all.in_vocabulary[query], all.out_of_vocabulary[query]};
}

Example see_object(const Segmenter& segmenter, const at::Tensor& rgb, const at::Tensor& mask,
                   const PreparedVocabulary& words, const EncodeSize& size) {
  check_shape("the example's mask", mask, {rgb.size(0), rgb.size(1)});
  if (!mask.any().item<bool>()) {
    fail(ErrorCode::invalid_argument, "the example's mask is empty: no pixel is the object's");
  }
  const EncodedImage image = segmenter.encode_beside_masks(rgb, mask.unsqueeze(0), size);
  return example_of(segmenter, image, 0, words);
}

std::shared_ptr<const classify::ClassRows> rows_of_examples(const Segmenter& segmenter,
                                                            std::span<const Example> examples,
                                                            const PreparedVocabulary& words,
                                                            int64_t word) {
  const c10::InferenceMode guard;
  if (examples.empty()) fail(ErrorCode::invalid_argument, "no example was given");
  if (word >= std::ssize(words.classifier.synonyms_per_class)) {
    fail(ErrorCode::invalid_argument, "no class ", word, " among the words");
  }
  std::vector<at::Tensor> in_shown, out_shown;
  for (const Example& one : examples) {
    in_shown.push_back(one.in_embed);
    out_shown.push_back(one.out_embed);
  }
  const auto row = [&](const std::vector<at::Tensor>& shown, const classify::TextClassifier& rows,
                       double step) {
    const at::Tensor mean = nn::unit(at::stack(shown).mean(0));
    return classify::row_values(word < 0 ? kAlone * mean
                                         : nn::unit(word_row(rows, word) + step * mean));
  };
  return std::make_shared<classify::ClassRows>(classify::ClassRows{
      row(in_shown, words.classifier.in_vocabulary(), kInStep),
      row(out_shown, words.classifier, kOutStep), model::rows_fingerprint(segmenter.model())});
}

void show(const Segmenter& segmenter, const PreparedVocabulary& words, const std::string& name,
          std::span<const Example> examples, classify::Vocabulary& question) {
  classify::VocabularyClass* entry = classify::class_named(question, {name});
  const int64_t word = entry == nullptr ? -1 : entry - question.classes.data();
  const auto rows = rows_of_examples(segmenter, examples, words, word);
  if (entry == nullptr) {
    int64_t highest = 0;
    for (const classify::VocabularyClass& one : question.classes) {
      highest = std::max(highest, one.id);
    }
    question.classes.push_back({highest + 1, {name}, true});
    entry = &question.classes.back();
  }
  entry->rows = rows;
}

}  // namespace fcclip::segmenter

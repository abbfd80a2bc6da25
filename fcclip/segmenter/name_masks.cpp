#include "fcclip/segmenter/name_masks.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/ops/host.h"

namespace fcclip::segmenter {
namespace {

// Masks whose embeddings are made before it is asked again which others are needed.
constexpr size_t kMasksAtOnce = 8;

using Flags = std::vector<bool>;

// A question on its way: what does not depend on the embeddings is there.
struct Question {
  const model::Model& model;
  const EncodedImage& image;
  const PreparedVocabulary& vocabulary;
  const classify::EnsembleOptions& ensemble;
  at::Tensor in_logits;                ///< [1, Q, K+1]
  classify::TextClassifier out_words;  ///< the rows of this picture, without void
  at::Tensor out_void;                 ///< [1, D]
};

Question start(const model::Model& model, const EncodedImage& image,
               const PreparedVocabulary& vocabulary, const classify::EnsembleOptions& ensemble,
               const Trace& trace) {
  const at::Tensor& void_row = model.head.void_embedding;
  const classify::TextClassifier& words = vocabulary.classifier;
  Question question{model, image, vocabulary, ensemble, {}, words, {}};
  question.in_logits = classify::class_logits(image.class_embed.unsqueeze(0), words.in_vocabulary(),
                                              void_row, model.head.mask_decoder.logit_scale());
  if (!image.naming.seen) return question;
  const at::Tensor rows = model.naming.text_rows(
      at::cat({words.rows, void_row / void_row.norm(2, -1, true)}), image.naming, trace);
  question.out_words.rows = rows.narrow(0, 0, rows.size(0) - 1);
  question.out_void = rows.narrow(0, rows.size(0) - 1, 1);
  return question;
}

// [1, Q, K+1].
at::Tensor out_logits(const Question& question, const at::Tensor& embeddings) {
  const at::Tensor scale = question.model.clip->text_tower.logit_scale_there();
  const at::Tensor batch = embeddings.unsqueeze(0);
  if (question.out_void.defined())
    return classify::logits_of_rows(batch, question.out_words, question.out_void, scale);
  return classify::class_logits(batch, question.out_words, question.model.head.void_embedding,
                                scale);
}

classify::Classification classified(const Question& question, const at::Tensor& embeddings,
                                    const Trace& trace = {}) {
  const classify::ClassLogits logits{question.in_logits, out_logits(question, embeddings)};
  if (trace) {
    trace("classify.in_vocab_logits", logits.in_vocabulary);
    trace("classify.out_vocab_logits", logits.out_of_vocabulary);
    if (!question.model.naming.is_plain())
      trace("classify.out_vocab_embed", embeddings.unsqueeze(0));
    if (question.ensemble.only_valid_masks) {
      trace("classify.valid_mask", question.image.valid.to(at::kFloat).unsqueeze(0));
    }
  }
  classify::Classification result =
      classify::ensemble(logits, question.vocabulary.seen, question.image.valid.unsqueeze(0),
                         question.ensemble, trace);
  result.out_embed = embeddings.unsqueeze(0);
  result.out_words = question.out_words;
  return result;
}

// The least probability of void that each mask may have: with clip_trust CLIP may lower it to this.
std::vector<float> least_void(const Question& question) {
  const at::Tensor p_void = at::softmax(question.in_logits[0], -1).select(-1, -1);
  const at::Tensor least =
      ops::on_host(p_void * (1 - question.ensemble.clip_trust)).to(at::kFloat).contiguous();
  const float* first = least.const_data_ptr<float>();
  return {first, first + least.numel()};
}

// No p · (1 − v) exceeds a v above one half: such a mask has no place in a panoptic answer.
Flags nameable(const std::vector<float>& p_void) {
  Flags flags;
  for (const float v : p_void) flags.push_back(!(v > 0.5f));
  return flags;
}

// The embeddings made so far, and CLIP's pooled ones of the other masks.
at::Tensor embeddings_of(const Question& question, const Flags& needed) {
  const EncodedImage& image = question.image;
  const naming::AdaptedPicture& adapted = *image.naming.adapted;
  const at::Tensor rows = question.model.naming.adapter()->embed(
      adapted, image.mask_logits, needed, question.model.clip->image_tower->visual_head());
  std::vector<uint8_t> ready(needed.begin(), needed.end());
  const at::Tensor is_ready =
      ops::on_device(at::tensor(ready, at::kByte).to(at::kBool), rows.device());
  return at::where(is_ready.unsqueeze(1), rows, image.clip_embed);
}

// The least score among the top_k best pairs of a mask and a class, of masks that are `known`.
double least_of_best(const Question& question, const Flags& known, int64_t top_k) {
  const classify::Classification now = classified(question, embeddings_of(question, known));
  const at::Tensor probs = ops::on_host(at::softmax(now.log_probs[0], -1));
  std::vector<int64_t> rows;
  for (size_t q = 0; q < known.size(); ++q) {
    if (known[q]) rows.push_back(static_cast<int64_t>(q));
  }
  const at::Tensor scores =
      probs.index_select(0, at::tensor(rows, at::kLong)).slice(1, 0, probs.size(1) - 1).flatten();
  if (scores.numel() < top_k) return 0;
  return std::get<0>(scores.topk(top_k))[-1].item<double>();
}

// Masks in the order of what they may score, until none can come among the best.
Flags rankable(const Question& question, const std::vector<float>& p_void, int64_t top_k) {
  std::vector<size_t> order(p_void.size());
  for (size_t q = 0; q < order.size(); ++q) order[q] = q;
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return p_void[a] < p_void[b]; });
  // Probabilities are softmaxed once more, with 1e-8 added to each: a bound needs room for it.
  constexpr double kRoom = 1e-4;
  Flags known(p_void.size(), false);
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && i % kMasksAtOnce == 0 &&
        1 - p_void[order[i]] + kRoom < least_of_best(question, known, std::max<int64_t>(top_k, 1)))
      break;
    known[order[i]] = true;
  }
  return known;
}

Flags needed_masks(const Question& question, const WantedAnswers& wanted) {
  const auto count = static_cast<size_t>(question.image.mask_logits.size(0));
  if (!wanted.only.empty()) return wanted.only;
  if (wanted.semantic) return Flags(count, true);
  const std::vector<float> p_void = least_void(question);
  Flags needed(count, false);
  if (wanted.panoptic) needed = nameable(p_void);
  if (!wanted.instances) return needed;
  const Flags ranked = rankable(question, p_void, wanted.top_k);
  for (size_t q = 0; q < count; ++q) needed[q] = needed[q] || ranked[q];
  return needed;
}

}  // namespace

classify::Classification classify_masks(const model::Model& model, const EncodedImage& image,
                                        const PreparedVocabulary& vocabulary,
                                        const WantedAnswers& wanted, const Trace& trace) {
  const Question question = start(model, image, vocabulary, wanted.ensemble, trace);
  if (!image.naming.adapted) return classified(question, image.clip_embed, trace);
  if (trace) {
    const at::Tensor embeddings = model.naming.adapter()->embed_traced(
        *image.naming.adapted, image.mask_logits, model.clip->image_tower->visual_head(), trace);
    return classified(question, embeddings, trace);
  }
  return classified(question, embeddings_of(question, needed_masks(question, wanted)));
}

}  // namespace fcclip::segmenter

#include "fcclip/segmenter/trace_image.h"

#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/model/model.h"
#include "fcclip/ops/host.h"
#include "fcclip/results/rle.h"
#include "fcclip/segmenter/describe.h"

namespace fcclip::segmenter {
namespace {

class Collector {
 public:
  void add(std::string_view name, const at::Tensor& value) {
    tensors_.emplace_back(name, ops::on_host(value.detach()).clone());
  }
  Trace callback() {
    return [this](std::string_view name, const at::Tensor& value) { add(name, value); };
  }
  io::NamedTensors take() { return std::move(tensors_); }

 private:
  io::NamedTensors tensors_;
};

// Class logits of every layer's prediction: they need the vocabulary, which the decoder does not
// know.
void add_logits(Collector& out, const model::Head& head, const at::Tensor& class_embed_by_layer,
                const PreparedVocabulary& vocabulary) {
  for (int64_t i = 0; i < class_embed_by_layer.size(0); ++i) {
    out.add("decoder.heads" + std::to_string(i) + ".pred_logits",
            classify::class_logits(class_embed_by_layer.narrow(0, i, 1),
                                   vocabulary.classifier.in_vocabulary(), head.void_embedding,
                                   head.mask_decoder.logit_scale()));
  }
}

void add_vocabulary(Collector& out, const model::Model& model,
                    const PreparedVocabulary& vocabulary) {
  const at::Tensor void_row =
      model.head.void_embedding / model.head.void_embedding.norm(2, -1, true);
  out.add("test.text_classifier", vocabulary.classifier.rows);
  out.add("test.text_classifier_with_void", at::cat({vocabulary.classifier.rows, void_row}));
  out.add("test.num_templates", at::tensor(vocabulary.classifier.synonyms_per_class, at::kLong));
  std::vector<int64_t> seen(vocabulary.seen.begin(), vocabulary.seen.end());
  out.add("category_overlapping_mask", at::tensor(seen, at::kLong));
  out.add("void_embedding.weight", model.head.void_embedding);
}

// Eight pixels a byte, the first in the lowest bit, rows joined: [N, ceil(h·w / 8)] uint8.
at::Tensor pack_bits(const at::Tensor& masks) {
  const int64_t pixels = masks[0].numel();
  const at::Tensor flat =
      at::constant_pad_nd(masks.flatten(1).to(at::kByte), {0, (8 - pixels % 8) % 8});
  const at::Tensor weights = at::tensor({1, 2, 4, 8, 16, 32, 64, 128}, at::kByte);
  return (flat.unflatten(1, {-1, 8}) * weights).sum(-1).to(at::kByte);
}

void add_instances(Collector& out, const EncodedImage& image, const at::Tensor& log_probs,
                   const PreparedVocabulary& vocabulary, const AskOptions& options) {
  const results::InstanceSegmentation found = results::instances(
      mask_source(image), log_probs, thing_flags(vocabulary.vocabulary), options.instances);
  std::vector<int64_t> classes;
  std::vector<double> scores;
  std::vector<at::Tensor> masks;
  for (const results::Segment& instance : found.segments) {
    classes.push_back(instance.class_index);
    scores.push_back(instance.score);
    masks.push_back(results::to_mask({image.original, instance.rle_counts}));
  }
  out.add("inst.classes", at::tensor(classes, at::kLong));
  out.add("inst.scores", at::tensor(scores, at::kDouble).to(at::kFloat));
  if (!masks.empty()) out.add("inst.masks_packed", pack_bits(at::stack(masks)));
}

void add_semantic(Collector& out, const results::MaskSource& masks, const at::Tensor& log_probs) {
  const at::Tensor scores = results::semantic_scores(masks, log_probs);
  const at::Tensor grid = scores.slice(1, 0, std::nullopt, 8).slice(2, 0, std::nullopt, 8);
  out.add("sem_seg.argmax", scores.argmax(0).to(scores.size(0) <= 256 ? at::kByte : at::kInt));
  out.add("sem_seg.grid", grid);
  if (grid.size(0) < 2) return;
  const at::Tensor best = std::get<0>(grid.topk(2, 0));
  out.add("sem_seg.top2_margin_grid", best[0] - best[1]);
}

void add_results(Collector& out, const EncodedImage& image, const at::Tensor& log_probs,
                 const PreparedVocabulary& vocabulary, const AskOptions& options) {
  const results::MaskSource masks = mask_source(image);
  std::vector<int64_t> first(std::min<int64_t>(8, masks.mask_logits.size(0)));
  std::iota(first.begin(), first.end(), 0);
  out.add("mask_cls_result", log_probs);
  out.add("mask_pred.first8", results::full_size_masks(masks, first));
  out.add("panoptic_seg",
          results::panoptic(masks, log_probs, thing_flags(vocabulary.vocabulary), options.panoptic)
              .ids);
  add_semantic(out, masks, log_probs);
  add_instances(out, image, log_probs, vocabulary, options);
}

// The text tower's layers on the first synonym's first prompts.
void add_text(Collector& out, const model::Model& model, const PreparedVocabulary& vocabulary) {
  constexpr size_t kPrompts = 8;
  if (!model.clip->tokenizer) return;
  const std::string& name = vocabulary.vocabulary.classes.front().synonyms.front();
  std::vector<at::Tensor> rows;
  for (const std::string& text : model.config.templates) {
    if (rows.size() == kPrompts) break;
    std::string prompt = text;
    prompt.replace(prompt.find("{}"), 2, name);
    rows.push_back(at::tensor(model.clip->tokenizer->encode_padded(prompt), at::kLong));
  }
  const at::Tensor tokens = at::stack(rows).to(model.head.void_embedding.device());
  out.add("text.tokens", tokens);
  model.clip->text_tower.encode_padded(tokens,
                                       [&](std::string_view layer, const at::Tensor& value) {
                                         out.add("text." + std::string(layer), value);
                                       });
}

}  // namespace

io::NamedTensors trace_image(const Segmenter& segmenter, const at::Tensor& rgb,
                             const EncodeSize& size, const PreparedVocabulary& vocabulary,
                             const AskOptions& options) {
  const c10::InferenceMode guard;
  const model::Model& model = segmenter.model();
  Collector collector;
  const EncodedImage image = segmenter.encode(rgb, size, collector.callback());
  segmenter.ask(image, vocabulary, options, collector.callback());
  add_logits(collector, model.head, image.class_embed_by_layer, vocabulary);
  add_vocabulary(collector, model, vocabulary);
  add_text(collector, model, vocabulary);
  const classify::Classification classes =
      segmenter.name_masks(image, vocabulary, options.ensemble);
  add_results(collector, image, classes.log_probs[0], vocabulary, options);
  return collector.take();
}

}  // namespace fcclip::segmenter

#include "fcclip/segmenter/trace_image.h"

#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/results/rle.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/model.h"

namespace fcclip {
namespace {

bool is_class_embedding(std::string_view name) {
  return name.starts_with("decoder.heads") && name.ends_with(".class_embed");
}

// Collects, and adds each head's class logits, which need the vocabulary and so are unknown to the
// decoder.
class Collector {
 public:
  Collector(const Model& model, const PreparedVocabulary& vocabulary)
      : model_(model), vocabulary_(vocabulary) {}

  void add(std::string_view name, const at::Tensor& value) {
    tensors_.emplace_back(name, value.detach().cpu().contiguous().clone());
    if (is_class_embedding(name)) add_logits(name, value);
  }
  Trace callback() {
    return [this](std::string_view name, const at::Tensor& value) { add(name, value); };
  }
  io::NamedTensors take() { return std::move(tensors_); }

 private:
  void add_logits(std::string_view name, const at::Tensor& class_embed) {
    const std::string head(name.substr(0, name.rfind('.')));
    add(head + ".pred_logits", classify::class_logits(class_embed.cpu(), vocabulary_.classifier,
                                                      model_.void_embedding.cpu(),
                                                      model_.mask_decoder.logit_scale().cpu()));
  }

  const Model& model_;
  const PreparedVocabulary& vocabulary_;
  io::NamedTensors tensors_;
};

void add_vocabulary(Collector& out, const Model& model, const PreparedVocabulary& vocabulary) {
  const at::Tensor void_row =
      model.void_embedding.cpu() / model.void_embedding.cpu().norm(2, -1, true);
  out.add("test.text_classifier", vocabulary.classifier.rows);
  out.add("test.text_classifier_with_void", at::cat({vocabulary.classifier.rows, void_row}));
  out.add("test.num_templates", at::tensor(vocabulary.classifier.synonyms_per_class, at::kLong));
  std::vector<int64_t> seen(vocabulary.seen.begin(), vocabulary.seen.end());
  out.add("category_overlapping_mask", at::tensor(seen, at::kLong));
  out.add("void_embedding.weight", model.void_embedding);
}

void add_instances(Collector& out, const EncodedImage& image, const at::Tensor& log_probs,
                   const PreparedVocabulary& vocabulary, const AskOptions& options) {
  const std::vector<results::Instance> found = results::instances(
      mask_source(image), log_probs, thing_flags(vocabulary.vocabulary), options.instances);
  std::vector<int64_t> classes;
  std::vector<double> scores;
  std::vector<at::Tensor> masks;
  for (const results::Instance& instance : found) {
    classes.push_back(instance.class_index);
    scores.push_back(instance.score);
    masks.push_back(results::rle_to_mask(instance.rle_counts, image.original));
  }
  out.add("inst.classes", at::tensor(classes, at::kLong));
  out.add("inst.scores", at::tensor(scores, at::kDouble).to(at::kFloat));
  if (!masks.empty()) out.add("inst.masks", at::stack(masks).to(at::kByte));
}

void add_results(Collector& out, const EncodedImage& image, const at::Tensor& log_probs,
                 const PreparedVocabulary& vocabulary, const AskOptions& options) {
  const results::MaskSource masks = mask_source(image);
  std::vector<int64_t> first(std::min<int64_t>(8, masks.mask_logits.size(0)));
  std::iota(first.begin(), first.end(), 0);
  out.add("mask_pred.first8", results::full_size_masks(masks, first));
  const at::Tensor scores = results::semantic_scores(masks, log_probs);
  out.add("sem_seg", scores);
  out.add("sem_seg.argmax", scores.argmax(0).to(at::kInt));
  out.add("panoptic_seg",
          results::panoptic(masks, log_probs, thing_flags(vocabulary.vocabulary), options.panoptic)
              .ids);
  add_instances(out, image, log_probs, vocabulary, options);
}

}  // namespace

io::NamedTensors trace_image(const Segmenter& segmenter, const at::Tensor& rgb,
                             const EncodeSize& size, const PreparedVocabulary& vocabulary,
                             const AskOptions& options) {
  const c10::InferenceMode guard;
  Collector collector(segmenter.model(), vocabulary);
  at::Tensor log_probs;
  const Trace record = collector.callback();
  const Trace trace = [&](std::string_view name, const at::Tensor& value) {
    if (name == "classify.mask_cls_result") log_probs = value[0];
    record(name, value);
  };
  const EncodedImage image = segmenter.encode(rgb, size, trace);
  segmenter.ask(image, vocabulary, options, trace);
  add_vocabulary(collector, segmenter.model(), vocabulary);
  add_results(collector, image, log_probs, vocabulary, options);
  return collector.take();
}

}  // namespace fcclip

#include "fcclip/segmenter/describe.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>

#include "fcclip/ops/host.h"
#include "fcclip/segmenter/best_words.h"

namespace fcclip::segmenter {
namespace {

// What segments are named from, one by one and therefore on the host; it comes there together.
struct Evidence {
  classify::Classification classes;
  at::Tensor in_synonyms, out_synonyms;  // [Q, K]: of each class the word that won
};

Evidence evidence_of(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                     const classify::Classification& classes) {
  const bool is_own = classes.out_embed.defined();
  return {classes,
          classify::winning_synonyms(image.class_embed.unsqueeze(0),
                                     vocabulary.classifier.in_vocabulary())[0],
          classify::winning_synonyms(is_own ? classes.out_embed : image.clip_embed.unsqueeze(0),
                                     is_own ? classes.out_words : vocabulary.classifier)[0]};
}

std::vector<at::Tensor*> tensors_of(classify::Classification& classes) {
  return {&classes.log_probs, &classes.p_in, &classes.p_out, &classes.p_void};
}

void bring_to_host(Evidence& evidence, std::vector<at::Tensor*> beside = {}) {
  std::ranges::copy(tensors_of(evidence.classes), std::back_inserter(beside));
  beside.push_back(&evidence.in_synonyms);
  beside.push_back(&evidence.out_synonyms);
  ops::bring_to_host(beside);
}

// The words and scores of one (query, class) pair.
class Namer {
 public:
  Namer(const PreparedVocabulary& vocabulary, const Evidence& evidence, int64_t next_best)
      : vocabulary_(vocabulary),
        scores_(at::softmax(evidence.classes.log_probs[0], -1)),
        p_in_(evidence.classes.p_in[0]),
        p_out_(evidence.classes.p_out[0]),
        in_synonyms_(evidence.in_synonyms),
        out_synonyms_(evidence.out_synonyms),
        next_best_(next_best) {}

  void name_all(std::vector<results::Segment>& segments) const {
    for (results::Segment& segment : segments) name(segment);
  }

 private:
  void name(results::Segment& segment) const {
    const int64_t query = segment.query, class_index = segment.class_index;
    const classify::VocabularyClass& entry = vocabulary_.vocabulary.classes[class_index];
    segment.name = entry.synonyms.front();
    // Seen classes lean on the in-vocabulary classifier (1 − α), unseen ones on CLIP's (β).
    const at::Tensor& synonyms = vocabulary_.seen[class_index] ? in_synonyms_ : out_synonyms_;
    segment.synonym = entry.synonyms[synonyms[query][class_index].item<int64_t>()];
    segment.in_vocabulary_score = p_in_[query][class_index].item<double>();
    segment.out_of_vocabulary_score = p_out_[query][class_index].item<double>();
    segment.next_best = alternatives(query, class_index);
  }

  std::vector<results::NameScore> alternatives(int64_t query, int64_t class_index) const {
    const at::Tensor row = scores_[query].slice(0, 0, scores_.size(1) - 1);
    const int64_t count = std::min<int64_t>(next_best_ + 1, row.size(0));
    const auto [values, order] = row.topk(count);
    std::vector<results::NameScore> names;
    for (int64_t i = 0; i < count && std::ssize(names) < next_best_; ++i) {
      const int64_t k = order[i].item<int64_t>();
      if (k == class_index) continue;
      names.push_back(
          {vocabulary_.vocabulary.classes[k].synonyms.front(), values[i].item<double>()});
    }
    return names;
  }

  const PreparedVocabulary& vocabulary_;
  at::Tensor scores_, p_in_, p_out_, in_synonyms_, out_synonyms_;
  int64_t next_best_;
};

// What each kind finds, and the least score that it reports. The evidence comes to the host on the way.
results::Segmentation infer(const EncodedImage& image, Evidence& evidence,
                            const std::vector<bool>& is_thing, const AskOptions& options) {
  results::MaskSource masks = mask_source(image);
  masks.progress = options.progress;
  const at::Tensor log_probs = evidence.classes.log_probs[0];
  switch (options.task) {
    case results::Task::panoptic: {
      results::PanopticVotes votes = results::panoptic_votes(masks, log_probs, options.panoptic);
      bring_to_host(evidence, votes.tensors());
      return {image.original, results::panoptic(std::move(votes), is_thing, options.panoptic),
              options.min_score};
    }
    case results::Task::instance:
      bring_to_host(evidence);
      return {image.original,
              results::instances(masks, evidence.classes.log_probs[0], is_thing, options.instances),
              std::max(options.min_score, options.min_instance_score)};
    case results::Task::semantic:
      break;
  }
  results::SemanticVotes votes = results::semantic_votes(masks, log_probs);
  bring_to_host(evidence, votes.tensors());
  return {image.original, results::semantic(std::move(votes), is_thing)};
}

// Background, instances without a pixel (a query whose mask is empty gets candidates like any
// other) and small scores go; ids are counted from 1 again. Returns the new id of each old one, 0
// for those that went.
std::vector<int64_t> keep_reported(results::Segmentation& answer,
                                   const classify::Vocabulary& vocabulary) {
  std::vector<int64_t> new_ids(answer.segments().size() + 1, 0);
  std::vector<results::Segment> kept;
  for (results::Segment& segment : answer.segments()) {
    if (vocabulary.classes[segment.class_index].is_background || segment.area_px == 0) continue;
    if (!(segment.score >= answer.min_score)) {
      ++answer.below_min_score;
      continue;
    }
    const int64_t id = std::ssize(kept) + 1;
    new_ids[segment.id] = id;
    segment.id = id;
    kept.push_back(std::move(segment));
  }
  answer.segments() = std::move(kept);
  return new_ids;
}

// values[i] stands for i.
at::Tensor look_up(const at::Tensor& map, const std::vector<int64_t>& values) {
  const at::Tensor table = at::tensor(values, at::kInt);
  return table.index_select(0, map.flatten()).view(map.sizes());
}

std::vector<int64_t> labels_without_background(const classify::Vocabulary& vocabulary) {
  std::vector<int64_t> labels;
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    labels.push_back(entry.is_background ? -1 : std::ssize(labels));
  }
  return labels;
}

void leave_out_unreported(results::Segmentation& answer, const classify::Vocabulary& vocabulary) {
  const size_t all = answer.segments().size();
  const std::vector<int64_t> new_ids = keep_reported(answer, vocabulary);
  if (answer.segments().size() == all) return;
  if (auto* panoptic = std::get_if<results::PanopticSegmentation>(&answer.found)) {
    panoptic->ids = look_up(panoptic->ids, new_ids);
  } else if (auto* semantic = std::get_if<results::SemanticSegmentation>(&answer.found)) {
    semantic->labels = look_up(semantic->labels, labels_without_background(vocabulary));
  }
}

void finish(results::Segmentation& answer, const EncodedImage& image,
            const PreparedVocabulary& vocabulary, const Evidence& evidence,
            const AskOptions& options) {
  leave_out_unreported(answer, vocabulary.vocabulary);
  Namer(vocabulary, evidence, options.next_best).name_all(answer.segments());
  if (options.best_words > 0) {
    answer.best_words = best_words(image, vocabulary, evidence.classes, options);
  }
}

}  // namespace

results::MaskSource mask_source(const EncodedImage& image) {
  return {image.mask_logits, image.padded, image.resized, image.original};
}

std::vector<bool> thing_flags(const classify::Vocabulary& vocabulary) {
  std::vector<bool> flags;
  for (const classify::VocabularyClass& entry : vocabulary.classes) flags.push_back(entry.is_thing);
  return flags;
}

results::Segmentation describe(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                               const classify::Classification& classes, const AskOptions& options) {
  Evidence evidence = evidence_of(image, vocabulary, classes);
  results::Segmentation answer =
      infer(image, evidence, thing_flags(vocabulary.vocabulary), options);
  finish(answer, image, vocabulary, evidence, options);
  return answer;
}

void finish_description(results::Segmentation& answer, const EncodedImage& image,
                        const PreparedVocabulary& vocabulary,
                        const classify::Classification& classes, const AskOptions& options) {
  Evidence evidence = evidence_of(image, vocabulary, classes);
  bring_to_host(evidence);
  finish(answer, image, vocabulary, evidence, options);
}

classify::Classification on_host(const classify::Classification& classes) {
  classify::Classification here = classes;
  ops::bring_to_host(tensors_of(here));
  return here;
}

void name_segments(std::vector<results::Segment>& segments, const EncodedImage& image,
                   const PreparedVocabulary& vocabulary, const classify::Classification& classes,
                   int64_t next_best) {
  if (segments.empty()) return;
  Evidence evidence = evidence_of(image, vocabulary, classes);
  bring_to_host(evidence);
  Namer(vocabulary, evidence, next_best).name_all(segments);
}

}  // namespace fcclip::segmenter

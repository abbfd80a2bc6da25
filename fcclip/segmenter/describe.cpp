#include "fcclip/segmenter/describe.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace fcclip {
namespace {

// Everything about one (query, class) pair that a segment reports.
class Namer {
 public:
  Namer(const EncodedImage& image, const PreparedVocabulary& vocabulary,
        const classify::Classification& classes, int64_t next_best)
      : vocabulary_(vocabulary),
        scores_(at::softmax(classes.log_probs[0], -1)),
        p_in_(classes.p_in[0]),
        p_out_(classes.p_out[0]),
        in_synonyms_(
            classify::winning_synonyms(image.class_embed.unsqueeze(0), vocabulary.classifier)[0]),
        out_synonyms_(
            classify::winning_synonyms(image.clip_embed.unsqueeze(0), vocabulary.classifier)[0]),
        next_best_(next_best) {}

  Segment name(int64_t query, int64_t class_index) const {
    const classify::VocabularyClass& entry = vocabulary_.vocabulary.classes[class_index];
    Segment segment;
    segment.query = query;
    segment.class_index = class_index;
    segment.name = entry.synonyms.front();
    segment.is_thing = entry.is_thing;
    // Seen classes lean on the in-vocabulary classifier (1 − α), unseen ones on CLIP's (β).
    const at::Tensor& synonyms = vocabulary_.seen[class_index] ? in_synonyms_ : out_synonyms_;
    segment.synonym = entry.synonyms[synonyms[query][class_index].item<int64_t>()];
    segment.score = scores_[query][class_index].item<double>();
    segment.in_vocabulary_score = p_in_[query][class_index].item<double>();
    segment.out_of_vocabulary_score = p_out_[query][class_index].item<double>();
    segment.next_best = alternatives(query, class_index);
    return segment;
  }

  int64_t best_query(int64_t class_index) const {
    return scores_.select(1, class_index).argmax().item<int64_t>();
  }

 private:
  std::vector<NameScore> alternatives(int64_t query, int64_t class_index) const {
    const at::Tensor row = scores_[query].slice(0, 0, scores_.size(1) - 1);
    const int64_t count = std::min<int64_t>(next_best_ + 1, row.size(0));
    const auto [values, order] = row.topk(count);
    std::vector<NameScore> names;
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

bool is_background(const PreparedVocabulary& vocabulary, int64_t class_index) {
  return vocabulary.vocabulary.classes[class_index].is_background;
}

// Found: results::PanopticSegment or results::Instance. Counts what its score keeps out.
template <typename Found>
bool reported(const Found& found, const PreparedVocabulary& vocabulary, Segmentation& out) {
  if (is_background(vocabulary, found.class_index)) return false;
  if (found.score >= out.min_score) return true;
  ++out.below_min_score;
  return false;
}

template <typename Found>
Segment& append(Segmentation& out, const Namer& namer, const Found& found) {
  Segment segment = namer.name(found.query, found.class_index);
  segment.id = std::ssize(out.segments) + 1;
  segment.area_px = found.area_px;
  segment.box_xywh_px = found.box_xywh_px;
  return out.segments.emplace_back(std::move(segment));
}

// Ids of background segments become 0; the others are counted from 1 again.
at::Tensor renumber(const at::Tensor& ids, const std::vector<int64_t>& new_ids) {
  const at::Tensor table = at::tensor(new_ids, at::kInt);
  return table.index_select(0, ids.flatten()).view(ids.sizes());
}

Segmentation describe_panoptic(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                               const classify::Classification& classes, const AskOptions& options,
                               const Namer& namer) {
  results::PanopticResult result =
      results::panoptic(mask_source(image), classes.log_probs[0],
                        thing_flags(vocabulary.vocabulary), options.panoptic);
  Segmentation out{Task::panoptic, image.original};
  out.min_score = options.min_score;
  std::vector<int64_t> new_ids(result.segments.size() + 1, 0);
  for (const results::PanopticSegment& found : result.segments) {
    if (!reported(found, vocabulary, out)) continue;
    new_ids[found.id] = append(out, namer, found).id;
  }
  out.ids =
      out.segments.size() == result.segments.size() ? result.ids : renumber(result.ids, new_ids);
  return out;
}

Segmentation describe_instances(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                                const classify::Classification& classes, const AskOptions& options,
                                const Namer& namer) {
  Segmentation out{Task::instance, image.original};
  out.min_score = std::max(options.min_score, options.min_instance_score);
  for (results::Instance& found :
       results::instances(mask_source(image), classes.log_probs[0],
                          thing_flags(vocabulary.vocabulary), options.instances)) {
    // A query whose mask has no pixel gets candidates like any other; nobody can use them.
    if (found.area_px == 0 || !reported(found, vocabulary, out)) continue;
    Segment& segment = append(out, namer, found);
    segment.score = found.score;
    segment.rle_counts = std::move(found.rle_counts);
  }
  return out;
}

struct Extent {
  int64_t area = 0, left = 0, top = 0, right = -1, bottom = -1;
  void add(int64_t x, int64_t y) {
    if (area++ == 0) {
      left = right = x;
      top = bottom = y;
      return;
    }
    left = std::min(left, x);
    right = std::max(right, x);
    bottom = y;  // rows come in order
  }
};

// One pass over the label map; background labels become -1.
std::vector<Extent> measure_labels(at::Tensor& labels, const PreparedVocabulary& vocabulary) {
  std::vector<Extent> extents(vocabulary.vocabulary.classes.size());
  auto pixel = labels.accessor<int32_t, 2>();
  for (int64_t y = 0; y < labels.size(0); ++y) {
    for (int64_t x = 0; x < labels.size(1); ++x) {
      if (pixel[y][x] < 0) continue;
      if (is_background(vocabulary, pixel[y][x])) {
        pixel[y][x] = -1;
      } else {
        extents[pixel[y][x]].add(x, y);
      }
    }
  }
  return extents;
}

Segmentation describe_semantic(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                               const classify::Classification& classes, const Namer& namer) {
  Segmentation out{Task::semantic, image.original};
  out.ids = results::semantic_labels(mask_source(image), classes.log_probs[0]);
  const std::vector<Extent> extents = measure_labels(out.ids, vocabulary);
  for (int64_t k = 0; k < std::ssize(extents); ++k) {
    const Extent& extent = extents[k];
    if (extent.area == 0) continue;
    Segment segment = namer.name(namer.best_query(k), k);
    segment.id = std::ssize(out.segments) + 1;
    segment.area_px = extent.area;
    segment.box_xywh_px = {extent.left, extent.top, extent.right - extent.left + 1,
                           extent.bottom - extent.top + 1};
    out.segments.push_back(std::move(segment));
  }
  return out;
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

Segmentation describe(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                      const classify::Classification& classes, const AskOptions& options) {
  const Namer namer(image, vocabulary, classes, options.next_best);
  switch (options.task) {
    case Task::panoptic:
      return describe_panoptic(image, vocabulary, classes, options, namer);
    case Task::instance:
      return describe_instances(image, vocabulary, classes, options, namer);
    case Task::semantic:
      break;
  }
  return describe_semantic(image, vocabulary, classes, namer);
}

}  // namespace fcclip

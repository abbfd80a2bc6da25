#include "fcclip/eval/evaluator.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/error.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/segmenter/describe.h"

namespace fcclip::eval {
namespace {

// Fills the forms of an answer that thresholds of panoptic results don't change.
void answer_but_panoptic(PictureAnswer& answer, const results::MaskSource& masks,
                         const at::Tensor& log_probs, const std::vector<bool>& things,
                         const EvaluateOptions& options) {
  if (options.instances) {
    answer.instances = results::instances(masks, log_probs, things, options.instance_options);
  }
  if (options.semantic) {
    answer.labels = options.resized_late ? results::semantic_labels_resized_late(masks, log_probs)
                                         : results::semantic_labels(masks, log_probs);
  }
}

// What an earlier answer of the same ensemble was worth, but for its panoptic part.
void take_but_panoptic(ScoreRecord& scores, const ScoreRecord& from) {
  ScoreRecord all = from;
  all.panoptic = std::move(scores.panoptic);
  all.agnostic = std::move(scores.agnostic);
  scores = std::move(all);
}

at::Tensor label_picture(const at::Tensor& labels, size_t classes) {
  return classes < 255 ? labels.to(at::kByte) : labels;
}

void write_pngs(const PictureAnswer& answer, const std::string& name, size_t classes,
                const std::filesystem::path& folder) {
  if (answer.panoptic) {
    image::write_png(folder / "panoptic" / (name + ".png"),
                     image::rgb_of_ids(answer.panoptic->ids));
  }
  if (answer.labels.defined()) {
    image::write_png(folder / "semantic" / (name + ".png"), label_picture(answer.labels, classes));
  }
}

}  // namespace

std::vector<Classifier> classifiers_of(const std::string& name,
                                       const classify::EnsembleOptions& published,
                                       const results::PanopticOptions& panoptic) {
  const auto with = [&](const char* name, double alpha, double beta) {
    Classifier one{name, published, panoptic};
    one.ensemble.alpha = alpha;
    one.ensemble.beta = beta;
    return one;
  };
  const Classifier ensemble{"ensemble", published, panoptic}, in = with("in", 0, 0),
                                                              out = with("out", 1, 1);
  if (name == "ensemble") return {ensemble};
  if (name == "in") return {in};
  if (name == "out") return {out};
  if (name == "all") return {ensemble, in, out};
  fail(ErrorCode::invalid_argument, "classifier '", name, "': expected in, out, ensemble or all");
}

Evaluator::Evaluator(const segmenter::Segmenter& segmenter, const data::DatasetSplit& split,
                     const segmenter::PreparedVocabulary& vocabulary, EvaluateOptions options)
    : segmenter_(segmenter), split_(split), vocabulary_(vocabulary), options_(std::move(options)) {
  if (options_.panoptic && !split.has_panoptic()) {
    fail(ErrorCode::invalid_argument, "the data set has no panoptic truth");
  }
  if (options_.instances && !split.has_instances() && !split.has_panoptic()) {
    fail(ErrorCode::invalid_argument, "the data set has no instance truth");
  }
  if (options_.semantic && !split.has_labels()) {
    fail(ErrorCode::invalid_argument, "the data set has no label maps");
  }
  if (!options_.cityscapes_truth.empty()) {
    cityscapes_.emplace(options_.cityscapes_truth, split.vocabulary());
  }
  check_views();
}

void Evaluator::check_views() const {
  if (options_.views == segmenter::Views::one) return;
  if (options_.oracle != Oracle::none) {
    fail(ErrorCode::invalid_argument, "views of a picture are averaged (",
         segmenter::views_name(options_.views),
         ") without an oracle alone; leave one of the two out");
  }
  if (options_.views == segmenter::Views::flip) return;
  if (!options_.panoptic && !options_.instances && options_.semantic) return;
  fail(ErrorCode::invalid_argument,
       "several sizes are averaged for semantic results alone; measure nothing else");
}

PictureTruth Evaluator::truth_of(int64_t index) const {
  PictureTruth truth = read_truth(split_, index, options_);
  if (cityscapes_ && (options_.instances || options_.semantic)) {
    truth.cityscapes = cityscapes_->read(split_.picture(index).name, options_.semantic);
  }
  return truth;
}

segmenter::WantedAnswers Evaluator::wanted(const Classifier& classifier) const {
  const bool all_masks = options_.semantic || options_.oracle != Oracle::none;
  return {classifier.ensemble, options_.panoptic, options_.instances, all_masks,
          options_.instance_options.top_k};
}

bool Evaluator::has_true_masks(const PictureCase& one) const {
  return options_.oracle == Oracle::masks && one.regions.masks.defined();
}

// Thresholds change nothing but panoptic results.
bool Evaluator::is_as_before(size_t classifier) const {
  const std::vector<Classifier>& all = options_.classifiers;
  return classifier > 0 && all[classifier].ensemble == all[classifier - 1].ensemble &&
         options_.predictions.empty();
}

PictureCase Evaluator::read(int64_t index) const {
  const c10::InferenceMode guard;
  const at::Tensor rgb = split_.rgb(index);
  PictureCase one{index, {rgb.size(0), rgb.size(1)}, ops::Upload(rgb), truth_of(index)};
  if (options_.oracle != Oracle::none) {
    one.regions = true_regions(one.truth, vocabulary_.vocabulary);
  }
  return one;
}

void Evaluator::send(PictureCase& one) const {
  const c10::InferenceMode guard;
  one.picture = segmenter_.send(one.picture.arrived());
}

EncodedCase Evaluator::encode(PictureCase& one, const Progress& progress) const {
  const c10::InferenceMode guard;
  const at::Tensor rgb = std::exchange(one.picture, {}).arrived();
  if (!has_true_masks(one)) {
    return {segmenter::encode_picture(segmenter_, rgb, options_.views, options_.size, progress)};
  }
  EncodedCase encoded;
  encoded.encoded.image =
      segmenter_.encode_with_masks(rgb, one.regions.masks, options_.size, progress);
  return encoded;
}

at::Tensor Evaluator::names(const PictureCase& one, const EncodedCase& encoded,
                            const Classifier& classifier) const {
  if (!encoded.encoded.views.empty()) return {};
  const segmenter::EncodedImage& image = encoded.encoded.image;
  if (options_.oracle == Oracle::names) {
    return true_names(image, one.regions, std::ssize(vocabulary_.vocabulary.classes));
  }
  return segmenter_.name_masks(image, vocabulary_, wanted(classifier)).log_probs[0];
}

PictureAnswer Evaluator::answer(const PictureCase& one, EncodedCase& encoded,
                                size_t classifier) const {
  const c10::InferenceMode guard;
  const Classifier& own = options_.classifiers[classifier];
  const std::vector<segmenter::EncodedView>& views = encoded.encoded.views;
  if (!views.empty()) {
    PictureAnswer answer;
    answer.labels = results::averaged_labels(segmenter::semantic_views(
        segmenter_, views, vocabulary_, own.ensemble, options_.resized_late));
    return answer;
  }
  if (encoded.ensemble != own.ensemble) encoded.log_probs = names(one, encoded, own);
  encoded.ensemble = own.ensemble;
  const classify::Vocabulary& words = vocabulary_.vocabulary;
  if (has_true_masks(one)) {
    return answer_with_true_masks(one.truth, one.regions, encoded.log_probs, words);
  }
  const results::MaskSource masks = segmenter::mask_source(encoded.encoded.image);
  const std::vector<bool> things = segmenter::thing_flags(words);
  PictureAnswer answer;
  if (options_.panoptic) {
    answer.panoptic = results::panoptic(masks, encoded.log_probs, things, own.panoptic);
  }
  if (!is_as_before(classifier)) {
    answer_but_panoptic(answer, masks, encoded.log_probs, things, options_);
  }
  return answer;
}

ScoreRecord Evaluator::score(const PictureCase& one, const PictureAnswer& answer,
                             size_t classifier) const {
  const c10::InferenceMode guard;
  const data::Picture& picture = split_.picture(one.index);
  const size_t classes = vocabulary_.vocabulary.classes.size();
  PictureScores scores(static_cast<int64_t>(classes));
  score_answer(scores, one.truth, answer, one.index, picture.file.string());
  if (!options_.predictions.empty()) {
    const std::filesystem::path folder =
        options_.predictions / options_.classifiers[classifier].name;
    write_pngs(answer, picture.name, classes, folder);
    if (one.truth.cityscapes) {
      write_cityscapes_files(answer, *one.truth.cityscapes, picture.name, folder);
    }
  }
  return to_record(scores);
}

PictureRecord Evaluator::begin_record(const PictureCase& one) const {
  const data::Picture& picture = split_.picture(one.index);
  return {one.index, picture.name, picture.id_json, picture.file.filename().string(), one.size};
}

void Evaluator::add(PictureRecord& record, size_t classifier, ScoreRecord scores,
                    PictureAnswer answer) const {
  const std::vector<Classifier>& all = options_.classifiers;
  if (is_as_before(classifier)) {
    take_but_panoptic(scores, record.scores.at(all[classifier - 1].name));
  }
  record.scores[all[classifier].name] = std::move(scores);
  if (!options_.predictions.empty()) record.answers[all[classifier].name] = std::move(answer);
}

}  // namespace fcclip::eval

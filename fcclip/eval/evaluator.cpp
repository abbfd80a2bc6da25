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

// What the network and one classifier say, in the forms that were asked for.
PictureAnswer answer_of(const segmenter::EncodedImage& image, const at::Tensor& log_probs,
                        const std::vector<bool>& things, const EvaluateOptions& options) {
  const results::MaskSource masks = segmenter::mask_source(image);
  PictureAnswer answer;
  if (options.panoptic) {
    answer.panoptic = results::panoptic(masks, log_probs, things, options.panoptic_options);
  }
  if (options.instances) {
    answer.instances = results::instances(masks, log_probs, things, options.instance_options);
  }
  if (options.semantic) {
    answer.labels = options.resized_late ? results::semantic_labels_resized_late(masks, log_probs)
                                         : results::semantic_labels(masks, log_probs);
  }
  return answer;
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
                                       const classify::EnsembleOptions& published) {
  const auto with = [&published](double alpha, double beta) {
    classify::EnsembleOptions options = published;
    options.alpha = alpha;
    options.beta = beta;
    return options;
  };
  const Classifier ensemble{"ensemble", published}, in{"in", with(0, 0)}, out{"out", with(1, 1)};
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

PictureRecord Evaluator::one(int64_t index, const Progress& progress) const {
  const c10::InferenceMode guard;
  const data::Picture& picture = split_.picture(index);
  const classify::Vocabulary& words = vocabulary_.vocabulary;
  const at::Tensor rgb = split_.rgb(index);
  const PictureTruth truth = truth_of(index);
  TrueRegions regions;
  if (options_.oracle != Oracle::none) regions = true_regions(truth, words);
  const bool true_masks = options_.oracle == Oracle::masks && regions.masks.defined();
  const segmenter::EncodedImage image =
      true_masks ? segmenter_.encode_with_masks(rgb, regions.masks, options_.size, progress)
                 : segmenter_.encode(rgb, options_.size, {}, progress);
  PictureRecord record{index,
                       picture.name,
                       picture.id_json,
                       picture.file.filename().string(),
                       {rgb.size(0), rgb.size(1)}};
  const auto classes = static_cast<int64_t>(words.classes.size());
  for (const Classifier& classifier : options_.classifiers) {
    const at::Tensor log_probs =
        options_.oracle == Oracle::names
            ? true_names(image, regions, classes)
            : segmenter_.name_masks(image, vocabulary_, wanted(classifier)).log_probs[0];
    PictureAnswer answer =
        true_masks ? answer_with_true_masks(truth, regions, log_probs, words)
                   : answer_of(image, log_probs, segmenter::thing_flags(words), options_);
    PictureScores scores(classes);
    score_answer(scores, truth, answer, index, picture.file.string());
    record.scores[classifier.name] = to_record(scores);
    if (options_.predictions.empty()) continue;
    const std::filesystem::path folder = options_.predictions / classifier.name;
    write_pngs(answer, picture.name, words.classes.size(), folder);
    if (truth.cityscapes) write_cityscapes_files(answer, *truth.cityscapes, picture.name, folder);
    record.answers[classifier.name] = std::move(answer);
  }
  return record;
}

}  // namespace fcclip::eval

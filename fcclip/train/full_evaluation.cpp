#include "fcclip/train/full_evaluation.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <sstream>

#include <ATen/ATen.h>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/evaluate_pictures.h"
#include "fcclip/eval/flat_scores.h"
#include "fcclip/eval/score_text.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::train {
namespace {

// What all processes wrote, in the order of their ranks.
std::vector<std::string> exchanged(const std::string& own, const engine::Processes& processes) {
  if (processes.size() == 1) return {own};
  const auto size_of = [](const std::string& text) {
    return at::tensor({static_cast<int64_t>(text.size())}, at::kLong);
  };
  int64_t longest = 1;
  std::vector<int64_t> sizes;
  for (const at::Tensor& size : processes.gather(size_of(own))) {
    sizes.push_back(size.item<int64_t>());
    longest = std::max(longest, sizes.back());
  }
  at::Tensor bytes = at::zeros({longest}, at::kByte);
  std::memcpy(bytes.data_ptr<uint8_t>(), own.data(), own.size());
  std::vector<std::string> all;
  for (const at::Tensor& one : processes.gather(bytes)) {
    const at::Tensor here = one.to(at::kCPU).contiguous();
    all.emplace_back(reinterpret_cast<const char*>(here.data_ptr<uint8_t>()), sizes[all.size()]);
  }
  return all;
}

eval::OwnData own_data(const DataSettings& settings) {
  eval::OwnData own;
  own.images = settings.images;
  if (settings.kind == "panoptic") {
    own.panoptic_json = settings.panoptic_json;
    own.panoptic_pngs = settings.panoptic_pngs;
  } else if (settings.kind == "semantic") {
    own.label_pngs = settings.labels;
  } else {
    own.instances_json = settings.instances_json;
  }
  own.picture_suffix = settings.picture_suffix;
  own.panoptic_suffix = settings.panoptic_suffix;
  own.label_suffix = settings.label_suffix;
  own.ignore_label = settings.ignore_label;
  own.may_lack_pictures = true;
  if (!settings.vocabulary.empty()) own.vocabulary = words::load_vocabulary(settings.vocabulary);
  return own;
}

// The lines of a share: a picture's scores each.
std::string share_of(const eval::Evaluator& evaluator, const JudgedData& data, int64_t count,
                     const engine::Processes& processes) {
  std::ostringstream lines;
  eval::PictureList own;
  for (int64_t i = processes.rank(); i < count; i += processes.size()) own.indices.push_back(i);
  const auto take = [&](const eval::ScoredPicture& scored) {
    try {
      if (scored.failure) std::rethrow_exception(scored.failure);
      const eval::ScoreRecord& record = scored.record.scores.at("ensemble");
      lines << eval::to_text(record, data.words.vocabulary) << '\n';
    } catch (const Error& error) {
      if (!engine::is_about_a_picture(error)) throw;
      data.bad.tell(engine::bad_picture(scored.index, error));
    }
  };
  eval::evaluate_pictures({&evaluator, 1}, own, take);
  return lines.str();
}

}  // namespace

std::optional<eval::EvaluationTarget> open_evaluation(const DataSettings& settings) {
  if (settings.kind.empty() || settings.kind == "world") return std::nullopt;
  std::optional<eval::EvaluationTarget> target;
  if (settings.name.empty()) {
    target.emplace(eval::open_target(own_data(settings)));
  } else {
    target.emplace(eval::open_target(settings.name, data::datasets_root(settings.root)));
  }
  eval::choose_tasks(*target, {});
  return target;
}

engine::Numbers evaluate_fully(const segmenter::Segmenter& segmenter, const JudgedData& data,
                               const engine::Processes& processes) {
  const eval::EvaluationTarget& target = data.target;
  eval::EvaluateOptions options = target.options;
  const segmenter::AskOptions defaults = segmenter.ask_defaults();
  options.classifiers = eval::classifiers_of("ensemble", defaults.ensemble, defaults.panoptic);
  options.instance_options = defaults.instances;
  if (target.detections > 0) options.instance_options.top_k = target.detections;
  const eval::Evaluator evaluator(segmenter, *target.split, data.words, options);
  const int64_t size = target.split->size();
  const int64_t count = data.pictures > 0 ? std::min(data.pictures, size) : size;
  const classify::Vocabulary& words = data.words.vocabulary;
  eval::PictureScores scores(std::ssize(words.classes));
  int64_t used = 0;
  for (const std::string& share :
       exchanged(share_of(evaluator, data, count, processes), processes)) {
    std::istringstream lines(share);
    for (std::string line; std::getline(lines, line); ++used) {
      eval::add_record(scores, eval::score_record(line));
    }
  }
  if (used == 0) return {};
  return eval::flat_scores(eval::summarise(
      scores, {words, data.words.seen, options.panoptic, options.instances, options.semantic}));
}

}  // namespace fcclip::train

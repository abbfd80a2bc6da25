#pragma once
// The options that `segment` and `trace` share: model, words, thresholds.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/head_options.h"
#include "fcclip/classify/markings.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

struct ModelFlags {
  std::string model, device = "cpu", dtype = "float32", cache_folder;
  int64_t threads = 0;
  bool no_cache = false;
};

/// The words of --classes, or the file or name of --vocabulary.
struct QuestionFlag {
  std::string text;
  bool is_vocabulary = false;
};

struct WordFlags {
  std::vector<QuestionFlag> questions;  ///< as typed
  classify::Markings markings;
  std::string templates, only;
};

struct AskFlags {
  std::string task = "panoptic";
  int64_t short_side = 0, max_side = 0;
  std::optional<double> alpha, beta, object_mask_threshold, overlap_threshold, min_score;
  std::optional<int64_t> top_k, next_best;
  HeadOptions head;
  std::string views = "none";
};

/// The thresholds of AskFlags, each in several values; none given: the model's.
struct SweepFlags {
  std::vector<double> alpha, beta, object_mask_threshold, overlap_threshold;
  std::optional<int64_t> top_k;
};

void add_model_flags(CLI::App& command, ModelFlags& flags);
/// The same, where several devices may share the work.
void add_models_flags(CLI::App& command, ModelFlags& flags);
void add_word_flags(CLI::App& command, WordFlags& flags);
/// --short-side and --max-side; `instead_of`: what they replace.
void add_size_flags(CLI::App& command, int64_t& short_side, int64_t& max_side,
                    const std::string& instead_of);
/// --alpha, --beta and the thresholds of panoptic and instance segmentation.
void add_inference_flags(CLI::App& command, AskFlags& flags);
/// The same, where several values may be tried: "0.2,0.5" or "0.2:0.6:0.1".
void add_inference_flags(CLI::App& command, SweepFlags& flags);
/// --tta: which views of a picture are averaged, as segmenter::views_named takes it.
void add_views_flag(CLI::App& command, std::string& views);
/// All of the above and what a person wants of the answer: task, least score, next best names.
void add_ask_flags(CLI::App& command, AskFlags& flags);

/// --model, $FCCLIP_MODEL or the bundled model. Throws Error{not_found} saying how to get one.
std::filesystem::path find_model(const std::string& named);

/// Whether $FCCLIP_MODEL names a model.
bool has_model_variable();
/// Whether this file is the bundled one, or a copy of it.
bool is_bundled_model(const std::filesystem::path& model);

/// The configuration of that model, without its weights: words are checked before those are loaded.
model::Config model_config(const ModelFlags& flags);

/// Sets the number of threads, loads.
segmenter::Segmenter load_segmenter(const ModelFlags& flags);
/// The same for each device that is listed, with a model of its own. Throws Error naming the device
/// that has no room for it.
std::vector<segmenter::Segmenter> load_segmenters(const ModelFlags& flags);
/// The same flags with the one device that is listed. Throws Error{invalid_argument} where there are
/// several: `what` takes one.
ModelFlags on_one_device(ModelFlags flags, const std::string& what);
/// In which precision they multiply. Throws Error{invalid_argument} for devices of which "auto"
/// would take different ones.
ops::Products products_of(const ModelFlags& flags);

/// One vocabulary per question, in the order typed; without any the words that the model was
/// trained on, else COCO's. Words that are repeated count once (words::load_question); markings
/// hold for each, and --only. Warns on standard error of what was probably not meant: repeated
/// words, names that were added, a file or several words given as one class.
std::vector<classify::Vocabulary> load_questions(const WordFlags& flags,
                                                 const model::Config& model);

/// On standard error, where the bundled model answers: what it knows and where better ones are,
/// when no model was named; and that `questions` have none of its words.
void tell_bundled_model(const ModelFlags& flags, const model::Config& model,
                        const std::vector<classify::Vocabulary>& questions);

segmenter::AskOptions ask_options(const AskFlags& flags, const segmenter::Segmenter& segmenter);
segmenter::EncodeSize encode_size(const AskFlags& flags);

}  // namespace fcclip::apps

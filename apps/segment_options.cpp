#include "apps/segment_options.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <ATen/Parallel.h>

#include "apps/option_checks.h"
#include "apps/place_flags.h"
#include "fcclip/cli/number_list.h"
#include "fcclip/core/boundary.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/core/own_folders.h"
#include "fcclip/model/model_file.h"
#include "fcclip/runs/run_record.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLargestSide = 16384;
constexpr const char* kBundledModel = "mini.safetensors";

// A cache that can't be written is told once, not for every group of words.
LogCallback warn_of_cache() {
  return [told = std::make_shared<bool>(false)](LogLevel level, const std::string& message) {
    if (level != LogLevel::warning || *told) return;
    *told = true;
    std::cerr << "fcclip: warning: " << message
              << " (--no-cache does without, --cache-folder names another place)\n";
  };
}

// What is a share, the same in every command.
struct ShareOption {
  const char *name, *text;
  std::optional<double> AskFlags::*value;
  std::vector<double> SweepFlags::*values;
};

const std::array<ShareOption, 4> kShareOptions = {{
    {"--alpha",
     "Weight of CLIP's own answer for classes seen in training, 0 to 1; default the model's, 0.4 "
     "in published ones",
     &AskFlags::alpha, &SweepFlags::alpha},
    {"--beta", "The same for classes not seen; default the model's, 0.8 in published ones",
     &AskFlags::beta, &SweepFlags::beta},
    {"--object-mask-threshold",
     "Panoptic: least class score of a query; default the model's, 0 in published ones",
     &AskFlags::object_mask_threshold, &SweepFlags::object_mask_threshold},
    {"--overlap-threshold",
     "Panoptic: least share of a mask that must stay visible; default the model's, 0.8 in "
     "published ones",
     &AskFlags::overlap_threshold, &SweepFlags::overlap_threshold},
}};

void add_top_k_flag(CLI::App& command, std::optional<int64_t>& top_k) {
  command
      .add_option("--top-k", top_k,
                  "Instance: candidates per picture; default the model's, 100 in published ones")
      ->check(whole_number(1, 1000000));
}

void add_model_flag(CLI::App& command, ModelFlags& flags) {
  command.option_defaults()->group("Model");
  command
      .add_option(
          "-m,--model", flags.model,
          "Model file (fcclip convert makes one); default $FCCLIP_MODEL or the bundled model")
      ->type_name("FILE");
}

void add_precision_and_cache(CLI::App& command, ModelFlags& flags) {
  add_dtype_flag(command, flags.dtype);
  add_cache_flags(command, flags.no_cache, flags.cache_folder);
}

}  // namespace

void add_model_flags(CLI::App& command, ModelFlags& flags) {
  add_model_flag(command, flags);
  add_place_flags(command, flags.device, flags.threads);
  add_precision_and_cache(command, flags);
}

void add_models_flags(CLI::App& command, ModelFlags& flags) {
  add_model_flag(command, flags);
  add_several_place_flags(command, flags.device, flags.threads);
  add_precision_and_cache(command, flags);
}

void add_word_flags(CLI::App& command, WordFlags& flags) {
  command.option_defaults()->group("Words");
  // Called at every -c and -v, so that questions keep the order in which they were typed.
  const auto asks = [&flags](bool is_vocabulary) {
    return [&flags, is_vocabulary](const std::string& text) {
      flags.questions.push_back({text, is_vocabulary});
    };
  };
  command
      .add_option_function<std::string>(
          "-c,--classes", asks(false),
          "Classes at commas, synonyms at bars: \"cat, dog | puppy\"; repeat to ask more than one "
          "question of each picture; default the words the model was trained on")
      ->type_name("WORDS")
      ->trigger_on_parse();
  command
      .add_option_function<std::string>(
          "-v,--vocabulary", asks(true),
          "A file (text or COCO categories JSON), a built-in name (fcclip classes lists them), "
          "\"everything\" (all of them together) or a+b; repeat as above")
      ->type_name("VOCABULARY")
      ->trigger_on_parse();
  command.add_option("--things", flags.markings.things, "Classes to treat as countable things")
      ->type_name("WORDS");
  command.add_option("--stuff", flags.markings.stuff, "Classes to treat as uncountable stuff")
      ->type_name("WORDS");
  command
      .add_option("--background", flags.markings.background,
                  "Words that absorb what you don't want; never reported")
      ->type_name("WORDS");
  command
      .add_option("--templates", flags.templates,
                  "Prompt templates, one a line, {} for the name; default the model's")
      ->type_name("FILE");
}

void add_size_flags(CLI::App& command, int64_t& short_side, int64_t& max_side,
                    const std::string& instead_of) {
  command.option_defaults()->group("Input");
  command
      .add_option(
          "--short-side", short_side,
          "Shorter side that pictures have in the network, in pixels; default " + instead_of)
      ->check(whole_number(1, kLargestSide));
  command
      .add_option("--max-side", max_side, "Longer side at most, in pixels; default " + instead_of)
      ->check(whole_number(1, kLargestSide))
      ->check(not_below(short_side));
}

void add_inference_flags(CLI::App& command, AskFlags& flags) {
  command.option_defaults()->group("Answer");
  for (const ShareOption& one : kShareOptions) {
    command.add_option(one.name, flags.*one.value, one.text)->check(number(0, 1));
  }
  add_top_k_flag(command, flags.top_k);
  add_head_option_flag(command, flags.head);
}

void add_inference_flags(CLI::App& command, SweepFlags& flags) {
  command.option_defaults()->group("Answer");
  for (const ShareOption& one : kShareOptions) {
    std::vector<double>& values = flags.*one.values;
    command
        .add_option_function<std::string>(
            one.name, [&values](const std::string& text) { values = cli::listed_numbers(text); },
            one.text)
        ->type_name("NUMBERS")
        ->check(cli::number_list(0, 1));
  }
  add_top_k_flag(command, flags.top_k);
}

void add_views_flag(CLI::App& command, std::string& views) {
  command
      .add_option("--tta", views,
                  "Average views of a picture: flip (with its mirror image; twice the time), "
                  "multiscale (the reference's nine sizes and their mirror images; semantic "
                  "results; 18 runs of the network); default none")
      ->type_name("VIEWS")
      ->check(one_of({"none", "flip", "multiscale"}));
}

void add_ask_flags(CLI::App& command, AskFlags& flags) {
  add_size_flags(command, flags.short_side, flags.max_side, "the model's");
  command.option_defaults()->group("Answer");
  command.add_option("-t,--task", flags.task, "panoptic, instance or semantic")
      ->capture_default_str()
      ->type_name("TASK")
      ->transform(task_name());
  command
      .add_option("--min-score", flags.min_score,
                  "Drop segments with a smaller score, 0 to 1; default 0.3 for instances, else 0")
      ->check(number(0, 1));
  command
      .add_option("--next-best", flags.next_best, "Alternatives named for each segment; default 3")
      ->check(whole_number(0, 1000));
  add_inference_flags(command, flags);
  add_views_flag(command, flags.views);
}

fs::path find_model(const std::string& named) {
  if (!named.empty()) return named;
  if (has_model_variable()) return std::getenv("FCCLIP_MODEL");
  const fs::path bundled = own_data(kBundledModel);
  if (!bundled.empty()) return bundled;
  fail(ErrorCode::not_found,
       "no model: name one with --model or $FCCLIP_MODEL (fcclip convert CHECKPOINT -o MODEL makes "
       "it)");
}

bool has_model_variable() {
  const char* set = std::getenv("FCCLIP_MODEL");
  return set != nullptr && *set != '\0';
}

bool is_bundled_model(const fs::path& model) {
  const fs::path bundled = own_data(kBundledModel);
  if (bundled.empty()) return false;
  std::error_code error;
  return fs::equivalent(model, bundled, error) ||
         (fs::file_size(model, error) == fs::file_size(bundled, error) &&
          runs::file_fingerprint(model) == runs::file_fingerprint(bundled));
}

model::Config model_config(const ModelFlags& flags) {
  return model::load_config(find_model(flags.model));
}

segmenter::Segmenter load_segmenter(const ModelFlags& flags) {
  if (flags.threads > 0) at::set_num_threads(static_cast<int>(flags.threads));
  segmenter::SegmenterOptions options;
  options.device = flags.device;
  options.products = ops::products_named(flags.dtype, parse_device(flags.device));
  options.use_text_cache = !flags.no_cache;
  options.cache_folder = flags.cache_folder;
  options.log = warn_of_cache();
  return segmenter::Segmenter::load(find_model(flags.model), options);
}

std::vector<segmenter::Segmenter> load_segmenters(const ModelFlags& flags) {
  const std::vector<std::string> devices = list_devices(flags.device);
  std::vector<segmenter::Segmenter> segmenters;
  ModelFlags one = flags;
  one.dtype = ops::name(products_of(flags));
  for (const std::string& device : devices) {
    one.device = device;
    try {
      segmenters.push_back(load_segmenter(one));
    } catch (const std::exception& error) {
      const Error known = as_error(error);
      if (devices.size() == 1 || known.code() != ErrorCode::out_of_memory) throw;
      fail(known.code(), "device '", device, "': ", known.what());
    }
  }
  return segmenters;
}

ModelFlags on_one_device(ModelFlags flags, const std::string& what) {
  const std::vector<std::string> devices = list_devices(flags.device);
  if (devices.size() > 1) {
    fail(ErrorCode::invalid_argument, what, " is the work of one device, and --device lists ",
         devices.size(), "; name one");
  }
  flags.device = devices.front();
  return flags;
}

ops::Products products_of(const ModelFlags& flags) {
  const std::vector<std::string> devices = list_devices(flags.device);
  const auto of = [&](const std::string& device) {
    return ops::products_named(flags.dtype, parse_device(device));
  };
  for (const std::string& device : devices) {
    if (of(device) == of(devices.front())) continue;
    fail(ErrorCode::invalid_argument, "--dtype auto would be ", ops::name(of(devices.front())),
         " on ", devices.front(), " and ", ops::name(of(device)), " on ", device, "; name one");
  }
  return of(devices.front());
}

segmenter::AskOptions ask_options(const AskFlags& flags, const segmenter::Segmenter& segmenter) {
  segmenter::AskOptions options = segmenter.ask_defaults();
  options.task = results::task_named(flags.task).value();
  if (flags.alpha) options.ensemble.alpha = *flags.alpha;
  if (flags.beta) options.ensemble.beta = *flags.beta;
  apply_head_options(flags.head, options.ensemble);
  if (flags.object_mask_threshold)
    options.panoptic.object_mask_threshold = *flags.object_mask_threshold;
  if (flags.overlap_threshold) options.panoptic.overlap_threshold = *flags.overlap_threshold;
  if (flags.top_k) options.instances.top_k = *flags.top_k;
  if (flags.next_best) options.next_best = *flags.next_best;
  if (flags.min_score) options.min_score = *flags.min_score;
  options.min_instance_score = flags.min_score.value_or(segmenter::kUsualInstanceScore);
  return options;
}

segmenter::EncodeSize encode_size(const AskFlags& flags) {
  return {flags.short_side, flags.max_side};
}

}  // namespace fcclip::apps

#pragma once
// Everything that a pretraining run is set by; one TOML file.

#include "fcclip/clip/config.h"
#include "fcclip/engine/loop.h"
#include "fcclip/engine/optimizer.h"
#include "fcclip/engine/settings.h"
#include "fcclip/pretrain/learner.h"
#include "fcclip/pretrain/scene_pairs.h"

namespace fcclip::pretrain {

/// How often zero-shot words are judged.
struct EvaluationOptions {
  int64_t scenes = 32;  ///< of known and of held-out pictures each
  int64_t scene_side = 256;
  int64_t templates = 2;  ///< of the 14, while training; the last evaluation uses all
};

/// A whole run.
struct PretrainOptions {
  PretrainOptions();

  int64_t seed = 0;
  std::string world, pairs;  ///< what is learned from: one of them
  std::string device = "cpu";
  int64_t threads = 0;                         ///< of the CPU; 0: all cores
  int64_t batch_size = 128;                    ///< pairs a step, over all processes
  std::vector<int64_t> sides = {64, 96, 128};  ///< pixels of the pictures; one side a batch
  std::vector<double> side_shares = {0.7, 0.15, 0.15};
  double classification_weight = 0.5;
  double window_share = 0, window_share_end = 0;  ///< of the batches: windows onto scenes
  std::vector<int64_t> window_sides = {128, 192, 256};
  std::vector<double> window_side_shares = {0.4, 0.3, 0.3};
  double bad_share = 0.05;  ///< of the pictures of a list that may fail and are left out
  int64_t loader_workers = 1;
  std::string export_dtype = "float32";  ///< float32, float16 or bfloat16
  int64_t vocabulary = 4096;             ///< tokens at most
  std::string start;  ///< a CLIP of the same sizes and words to begin with; empty: new weights

  clip::ClipConfig clip;
  InitialWeights initial;
  engine::OptimizerOptions optimizer;
  engine::LoopOptions loop;
  std::string schedule = "cosine";  ///< cosine, poly or steps

  int64_t min_pictures = 3;  ///< of a concept of the world; 1: all concepts
  int64_t scene_side = 256;
  ScenePairOptions scenes;
  EvaluationOptions evaluation;
};

/// Names all of them "section.key". `options` must outlive the result.
engine::Settings bind_settings(PretrainOptions& options);

/// After settings were read: copies what several parts share (seed, masks, schedule). Throws
/// Error{invalid_argument} saying what cannot be.
void finish(PretrainOptions& options);

}  // namespace fcclip::pretrain

#pragma once
// The kinds of `fcclip score` that live in files of their own, and what all kinds share.

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

struct ScoreFlags {
  std::string truth, prediction, truth_pngs, prediction_pngs, names, data_set;
  int64_t classes = 0, ignore = 255;
  bool json = false;
};

/// A kind with TRUTH, PREDICTION and --json, which are read into `flags`.
CLI::App* add_score_kind(CLI::App& score, ScoreFlags& flags, const char* name, const char* help);

/// `fcclip score semantic`: label maps.
void add_score_semantic(CLI::App& score);
/// `fcclip score cityscapes`: by Cityscapes' own rules.
void add_score_cityscapes(CLI::App& score);
/// `fcclip score video`: films.
void add_score_video(CLI::App& score);

}  // namespace fcclip::apps

#pragma once
// One run of `fcclip segment`: the model and the questions are made ready once, then picture after
// picture.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "apps/inputs.h"
#include "apps/outputs.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/segment_options.h"

namespace fcclip::apps {

struct SegmentFlags {
  std::vector<std::string> inputs;
  std::string output_folder = "out", write;
  double tolerance_px = 1;
  bool json = false, resume = false, quiet = false;
  ModelFlags model;
  WordFlags words;
  AskFlags ask;
};

class SegmentRun {
 public:
  /// `flags` must outlive the run. Throws whatever stands in the way of every picture: no input, no
  /// model, no words.
  explicit SegmentRun(const SegmentFlags& flags);

  /// Number of pictures that failed, each told on standard error. Throws Error{interrupted}.
  int64_t work();

  int64_t total() const { return std::ssize(pictures_); }

 private:
  void prepare(const classify::Vocabulary& question, const std::vector<std::string>& templates);
  std::filesystem::path stem(const InputPicture& picture, size_t question) const;
  bool is_written(const InputPicture& picture) const;
  bool try_one(const InputPicture& picture, Progress& progress);
  void one(const InputPicture& picture, Progress& progress);
  Segmentation answer(const InputPicture& picture, const at::Tensor& rgb,
                      const EncodedImage& encoded, size_t question);
  void report(const InputPicture& picture, const Segmentation& result, size_t question,
              const Timing& timing) const;
  void summarise() const;

  const SegmentFlags& flags_;
  std::vector<InputPicture> pictures_;
  Segmenter segmenter_;
  AskOptions options_;
  std::set<OutputKind> kinds_;
  std::vector<PreparedVocabulary> questions_;
};

}  // namespace fcclip::apps

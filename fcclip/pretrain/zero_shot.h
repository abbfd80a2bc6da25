#pragma once
// How often a CLIP finds a segment's name among all names, by crops and as inference does it.

#include <map>
#include <string>
#include <vector>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/classify/vocabulary.h"
#include "fcclip/model/clip.h"
#include "fcclip/pretrain/scene_pairs.h"

namespace fcclip::pretrain {

/// What is judged.
struct ZeroShotOptions {
  int64_t scenes = 32;
  int64_t first_scene = 0;
  int64_t crop_side = 64;
  std::vector<std::string> templates;
};

/// The words and what is known of each class.
struct ZeroShotWords {
  classify::Vocabulary vocabulary;
  std::vector<Subject>
      subjects;               ///< parallel to the classes; a broader term that is a class is right
  std::vector<bool> is_seen;  ///< parallel to the classes
};

/// Classifier rows of the words by a CLIP, to be used for several questions. Throws
/// Error{invalid_argument} for a CLIP without its tokenizer.
classify::TextClassifier encode_words(const model::Clip& clip, const ZeroShotWords& words,
                                      const std::vector<std::string>& templates);

/// Shares in percent. Of the segments of some scenes:
///   "dense_…"  features of one pass over the scene, averaged inside the true mask at stride 32
///              exactly as inference averages them; segments that cover no cell are left out
///              ("dense_covered" says how many are not)
///   "crop_…"   a crop as tall as 1.2 times the thing, resized to `crop_side` pixels; things only
/// with "top1", "top5", "seen_top1", "unseen_top1", "stuff_top1" and, of things by the square root
/// of their visible area, "to32_top1", "to64_top1", "to128_top1", "beyond_top1".
std::map<std::string, double> zero_shot(const model::Clip& clip, const ZeroShotWords& words,
                                        const classify::TextClassifier& rows,
                                        const SceneSource& scenes, const ZeroShotOptions& options);

}  // namespace fcclip::pretrain

#pragma once
// A world of real words: labelled cut-out pictures (things) and textures (stuff), packed in one
// file by `make world`.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::world {

/// One picture of a concept.
struct Picture {
  std::string id;       ///< row of the table it comes from
  std::string caption;  ///< "a red antelope"
  std::string style;    ///< photo, drawing, emoji, …
  bool held_out = false;  ///< of every concept with two or more one picture is kept from all training
  at::Tensor pixels;  ///< [h, w, 4] uint8 RGBA, not premultiplied; mapped, not copied
};

/// A name and its pictures. Things are cut-outs, stuff are textures.
struct Concept {
  std::string name;
  std::vector<std::string> synonyms;  ///< without the name itself
  std::vector<std::string> broader;   ///< also right, but not its name: never counted as wrong
  std::string group;                  ///< animal, food, …; "stuff" for textures
  bool is_thing = true;
  bool is_seen = true;  ///< false: known to CLIP's pretraining only, never to the mask generator's
  std::vector<Picture> pictures;
};

/// Concepts in the order of the vocabulary: things first.
class World {
 public:
  /// A concept with fewer pictures than this is left out (3: 332 concepts; 1: all 984).
  struct Options {
    int64_t min_pictures = 3;
  };
  /// Throws Error{not_found, bad_format} naming the file, and what makes it.
  static std::shared_ptr<const World> open(const std::filesystem::path& pack,
                                           const Options& options);
  const std::vector<Concept>& concepts() const { return concepts_; }
  /// A class a concept: its name and synonyms, thing or stuff. Position = index in concepts().
  const classify::Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  std::vector<Concept> concepts_;
  classify::Vocabulary vocabulary_;
};

}  // namespace fcclip::world

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

namespace fcclip::scenes {

/// The pack that `make world` makes, in $FCCLIP_WORLD_CACHE or .cache/world.
std::string default_world();

/// One picture of a concept.
struct Picture {
  std::string id;       ///< row of the table it comes from
  std::string caption;  ///< "a red antelope"
  std::string style;    ///< photo, drawing, emoji, …; "texture" for stuff
  bool held_out =
      false;          ///< of every concept with two or more one picture is kept from all training
  at::Tensor pixels;  ///< [h, w, 4] uint8 RGBA, not premultiplied; mapped, not copied
  std::vector<std::string> synonyms;  ///< of the concept's, those that are right for this picture
  std::string licence;                ///< as the table has it: "public-domain", "GPL-2", …
  bool tileable = false;              ///< a texture whose opposite edges fit
  bool is_extra = false;              ///< of things_extra.tsv: never held out, nor counted
  int64_t look_alikes = 0;  ///< pictures of one group (recoloured, mirrored, …) share the number

  /// Public domain (or CC0) or OFL: what the project's own pages may show.
  bool is_free() const;
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
///
/// Held out is, of every concept whose pictures make two or more groups of look-alikes, one group,
/// nearly always a single picture. Taken is, in this order of importance: a small group; a picture
/// in a style that the concept has more pictures of (a lone photograph among drawings stays
/// known); the smallest hash of its id. Extra pictures are never held out.
class World {
 public:
  /// A concept with fewer pictures than this is left out (3: the world's default; 1: all).
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

/// The text form of a vocabulary ([things] and [stuff], synonyms at bars) of the world's concepts.
std::string vocabulary_text(const World& world, bool only_seen);

}  // namespace fcclip::scenes

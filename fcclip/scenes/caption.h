#pragma once
// A sentence about a scene. Internal to the folder.

#include <string>
#include <vector>

#include "fcclip/core/random.h"
#include "fcclip/scenes/world.h"

namespace fcclip::scenes {

/// A segment that a caption may name, with its area.
struct Seen {
  const Concept* entry = nullptr;
  const Picture* picture = nullptr;
  int64_t area_px = 0;
};

/// "a dog and a red car on green grass": up to three of the largest things and one stuff, each by
/// its picture's caption, its name or a synonym.
std::string caption_of(Random& random, std::vector<Seen> segments);

/// "an apple"; names that take no article (plural, stuff) are the caller's business.
std::string with_article(const std::string& name);

}  // namespace fcclip::scenes

#pragma once
// The shapes of the stuff in a scene. Internal to the folder.

#include <vector>

#include "fcclip/core/random.h"
#include "fcclip/scenes/paint.h"

namespace fcclip::scenes {

/// What a region is of: it decides which stuff is likely there.
enum class Role { any, backdrop, ground };

/// A piece of stuff.
struct Region {
  Role role = Role::any;
  Coverage coverage;  ///< of what it hides of the regions before it
};

/// One to four regions, back to front; the first covers the whole picture. Borders are straight or
/// irregular: a horizon, the edge of a wall, a path, a patch.
std::vector<Region> make_regions(Random& random, Size size);

}  // namespace fcclip::scenes

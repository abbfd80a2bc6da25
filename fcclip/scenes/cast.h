#pragma once
// What may appear in a data set's scenes. Internal to the folder.

#include <memory>
#include <vector>

#include "fcclip/core/random.h"
#include "fcclip/scenes/pyramid.h"
#include "fcclip/scenes/regions.h"
#include "fcclip/scenes/scenes.h"

namespace fcclip::scenes {

/// A picture chosen for a scene.
struct Actor {
  int64_t class_index = 0;
  const Picture* picture = nullptr;
  const Pyramid* pyramid = nullptr;
};

/// The pictures that the options allow, by concept; concepts without any are left out.
class Cast {
 public:
  /// Throws Error{invalid_argument} when no thing or no stuff is left.
  Cast(const World& world, const SceneOptions& options);

  /// Uniform over concepts, then over the concept's pictures.
  Actor pick_thing(Random& random) const;
  /// Stuff that suits the role, now and then any.
  Actor pick_stuff(Random& random, Role role) const;

 private:
  struct Entry {
    int64_t class_index = 0;
    std::vector<std::pair<const Picture*, size_t>> pictures;  ///< and the number of its pyramid
  };
  Actor pick(Random& random, const std::vector<Entry>& entries) const;

  std::vector<Entry> things_, stuff_, backdrops_, grounds_;
  std::unique_ptr<Pyramids> pyramids_;
};

}  // namespace fcclip::scenes

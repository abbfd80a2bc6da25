#pragma once
// What is in a world, for people.

#include <string>

#include "fcclip/scenes/world.h"

namespace fcclip::scenes {

/// A line a concept: name, group, seen or unseen, pictures, and how many of them are held out.
std::string concept_table(const World& world);

}  // namespace fcclip::scenes

#pragma once
// Which pictures are kept from all training. Internal to the folder.

#include "fcclip/world/world.h"

namespace fcclip::world {

/// Sets Picture::held_out by the rule that World documents.
void hold_out(Concept& entry);

}  // namespace fcclip::world

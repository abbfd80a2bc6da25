#pragma once
// Which pictures are kept from all training. Internal to the folder.

#include "fcclip/scenes/world.h"

namespace fcclip::scenes {

/// Sets Picture::held_out by the rule that World documents.
void hold_out(Concept& entry);

}  // namespace fcclip::scenes

#pragma once
// One colour a class, in every picture of a run.

#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/draw/palette.h"

namespace fcclip::draw {

/// For each class its own colour, where the vocabulary gives one, else one of class_colours over
/// all its names. Given as OverlayOptions::class_colours they make a class look the same everywhere.
std::vector<Colour> vocabulary_colours(const classify::Vocabulary& vocabulary);

}  // namespace fcclip::draw

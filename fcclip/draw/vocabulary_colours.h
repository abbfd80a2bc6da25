#pragma once
// One colour a class, in every picture of a run.

#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/draw/palette.h"

namespace fcclip::draw {

/// For each class its own colour, where the vocabulary gives one, else one of class_colours over
/// all its names. Given as OverlayOptions::class_colours they make a class look the same everywhere.
std::vector<Colour> vocabulary_colours(const classify::Vocabulary& vocabulary);

/// The colours of a data set: a class has that of the data set's class of which one of its words is
/// a name, its first word before the others; several classes of one colour get variations. The
/// rest have colours of class_colours. "spread": those alone, whatever the vocabulary gives. Throws
/// Error{invalid_argument} for another palette, with those that there are.
std::vector<Colour> palette_colours(const classify::Vocabulary& vocabulary,
                                    const std::string& palette);

/// "spread", then the built-in vocabularies that have colours, by their short names ("coco").
const std::vector<std::string>& palette_names();

/// Throws Error{invalid_argument} saying what was probably meant; `option`: for the message.
void check_palette(const std::string& palette, const std::string& option);

}  // namespace fcclip::draw

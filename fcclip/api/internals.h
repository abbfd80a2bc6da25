#pragma once
// The library's own types under names that those of the public face do not hide.
// Included before fcclip/fcclip.h.

#include "fcclip/model/model.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::internals {
using AskOptions = fcclip::AskOptions;
}  // namespace fcclip::internals

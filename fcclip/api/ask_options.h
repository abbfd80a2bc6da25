#pragma once
// The public face's options as the engine has them. Internal to the library.

#include "fcclip/fcclip.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip {
inline namespace v1 {

/// What `options` leave open is as the model's file has it.
/// Throws: Error{invalid_argument} for a value outside of its range.
segmenter::AskOptions filled(const segmenter::Segmenter& segmenter, const AskOptions& options);

}  // namespace v1
}  // namespace fcclip

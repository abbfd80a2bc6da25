#pragma once
// Objects that are shown in pictures, in place of words or beside them.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/log.h"
#include "fcclip/core/progress.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::runs {

/// An example, read.
struct ShownObject {
  std::string name, file;  ///< file as typed, for messages
  at::Tensor rgb;          ///< [H, W, 3] uint8
  at::Tensor mask;         ///< [H, W] bool; undefined: what stands in the middle
};

/// Of "FILE=NAME" (a picture, or a cut-out with a transparent ground) or "FILE:MASK=NAME". Throws
/// Error{invalid_argument, not_found, bad_format} naming the example: no name or file, a mask of
/// another size, one without a pixel.
ShownObject read_shown_object(const std::string& text);

/// How objects are shown.
struct ShowOptions {
  bool asked = true;       ///< words were named; where not, the examples alone are reported
  LogCallback log;         ///< is told what was taken of pictures without a mask
  Progress progress = {};  ///< counts examples
};

/// Gives the classes of the examples' names their rows. A question that has a name starts from its
/// word; one that has not gets a class more. Throws Error{invalid_argument} where nothing stands in
/// the middle of a picture without a mask, Error{interrupted}.
void show_objects(const segmenter::Segmenter& segmenter, const std::vector<ShownObject>& shown,
                  std::vector<classify::Vocabulary>& questions, const ShowOptions& options);

}  // namespace fcclip::runs

#pragma once
// --example: objects that are shown in place of words, or beside them.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <CLI/CLI.hpp>

#include "fcclip/core/log.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

struct ExampleFlags {
  std::vector<std::string> examples;  ///< "FILE[:MASK]=NAME" each, as typed
};

void add_example_flags(CLI::App& command, ExampleFlags& flags);

/// An example, read.
struct ShownObject {
  std::string name, file;  ///< file as typed, for messages
  at::Tensor rgb;          ///< [H, W, 3] uint8
  at::Tensor mask;         ///< [H, W] bool; undefined: what stands in the middle
};

/// Throws Error{invalid_argument, not_found, bad_format} naming the example: no name or file, a mask
/// of another size, one without a pixel.
std::vector<ShownObject> read_examples(const ExampleFlags& flags);

/// Gives the classes of the examples' names their rows. A question that has a name starts from its
/// word; one that has not gets a class more. `asked`: whether the words were named; where not, the
/// examples alone are reported. log is told what was taken of pictures without a mask.
void show_examples(const segmenter::Segmenter& segmenter, const std::vector<ShownObject>& shown,
                   std::vector<classify::Vocabulary>& questions, bool asked,
                   const LogCallback& log);

}  // namespace fcclip::apps

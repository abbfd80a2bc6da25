#pragma once
// --example: objects that are shown in place of words, or beside them.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/runs/shown_objects.h"

namespace fcclip::apps {

using runs::ShownObject;

struct ExampleFlags {
  std::vector<std::string> examples;  ///< "FILE[:MASK]=NAME" each, as typed
};

void add_example_flags(CLI::App& command, ExampleFlags& flags);

/// runs::read_shown_object of each.
std::vector<ShownObject> read_examples(const ExampleFlags& flags);

/// runs::show_objects below a bar. `asked`: whether the words were named.
void show_examples(const segmenter::Segmenter& segmenter, const std::vector<ShownObject>& shown,
                   std::vector<classify::Vocabulary>& questions, bool asked,
                   const LogCallback& log);

}  // namespace fcclip::apps

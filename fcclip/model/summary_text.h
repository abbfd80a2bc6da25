#pragma once
// What a file of weights is, for people: a line a fact, its label in front.

#include <string>

#include "fcclip/model/file_summary.h"

namespace fcclip::model {

/// "  label                value" and the line's end.
std::string fact_line(const std::string& label, const std::string& value);

/// Architecture, towers, decoders, thresholds, training vocabulary, provenance: what a
/// configuration says, or why there is none.
std::string configuration_facts(const FileSummary& summary);

/// "FILE: model file (safetensors, 12,345 bytes)" for the file that is called `name`, its
/// configuration, then what it holds: parameters, element types, and of checkpoints what else.
std::string summary_text(const std::string& name, const FileSummary& summary);

}  // namespace fcclip::model

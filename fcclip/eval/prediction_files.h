#pragma once
// The JSON files of a finished run, in the forms that official tools and servers read.

#include <filesystem>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/record_file.h"

namespace fcclip::eval {

/// From the records of a folder writes CLASSIFIER/panoptic.json (PNGs beside it in panoptic/) and
/// CLASSIFIER/instances.json, one record in memory at a time. `header` as RecordFile has it.
/// Throws as read_records and io::write_atomically do.
void write_prediction_files(const std::filesystem::path& folder, const RunHeader& header,
                            const std::string& classifier, const classify::Vocabulary& vocabulary);

}  // namespace fcclip::eval

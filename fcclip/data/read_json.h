#pragma once
// JSON files of other people's tools.

#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/core/progress.h"

namespace fcclip::data {

/// A whole JSON file: UTF-8 with or without a byte order mark, or UTF-16. Throws Error{not_found,
/// io_failure}; Error{bad_format} naming the file, the line and what stands there instead: the end
/// of a truncated file, NaN, one value a line, an XML file, a picture, ….
/// tick: called for every mebibyte; what it throws ends the reading.
nlohmann::json read_json(const std::filesystem::path& path, const Tick& tick = {});
nlohmann::json parse_json(std::string bytes, const std::string& name, const Tick& tick = {});

}  // namespace fcclip::data

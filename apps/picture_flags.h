#pragma once
// Options of reading pictures.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fcclip/image/read_options.h"

namespace fcclip::apps {

struct PictureFlags {
  std::string range = "auto", stretch, bands;
};

void add_picture_flags(CLI::App& command, PictureFlags& flags);

/// Without a log. Throws Error{invalid_argument}.
image::ReadOptions read_options(const PictureFlags& flags);

/// For run.json; null when pictures are read as usual.
nlohmann::json read_record(const PictureFlags& flags);

}  // namespace fcclip::apps

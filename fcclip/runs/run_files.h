#pragma once
// Where a run's record stands: run.json, of each shard its own.

#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/core/shard.h"
#include "fcclip/runs/output_folder.h"

namespace fcclip::runs {

/// The record's name, and the one for folders where the first is somebody else's: run.json and
/// fcclip-run.json; of a shard run.2-of-4.json and fcclip-run.2-of-4.json.
std::vector<std::string> record_names(const Shard& shard);

/// What a record says of a run that ended by an exception: "interrupted" or "failed".
std::string status_of_end(const std::exception& error);

/// Whether the records in `folder` say that all `count` shards of the run `id` are complete.
bool all_shards_complete(const std::filesystem::path& folder, int64_t count, const std::string& id);

/// Puts a record into the folder under the first of its names where nothing of somebody else's
/// stands; false: such a file stands under each, and stays. Throws Error{io_failure}.
bool write_record(OutputFolder& folder, std::span<const std::string> names,
                  const nlohmann::json& record);

}  // namespace fcclip::runs

#pragma once
// The preparations that live in files of their own. Internal to the folder.

#include <filesystem>
#include <string>

#include "fcclip/data/prepare.h"

namespace fcclip::data {

/// ADE20K_2021_17_01: pictures and labels with a short side of at most 512 from the full data set.
/// A pixel's class number is R/10 · 256 + G of the picture's *_seg.png. Throws as prepare().
void prepare_ade20k_full(const PrepareOptions& options);

/// VOC2010 with the run-length masks of trainval_merged.json (59 classes), and with the label maps
/// in trainval/*.mat (459 classes).
void prepare_context_59(const PrepareOptions& options);
/// Throws as prepare().
void prepare_context_459(const PrepareOptions& options);

/// "val" and "validation", or "train" and "training".
const char* short_name(Split split);
const char* long_name(Split split);

/// One step of `total` is done.
void report(const PrepareOptions& options, int64_t done, size_t total);

/// Whether labels of this name are there already, ours or the reference's.
bool has_labels(const std::filesystem::path& folder, const std::string& name);

/// Throws Error{not_found} when there is no file; `advice` ends the message.
void need_file(const std::filesystem::path& path, const std::string& advice);

}  // namespace fcclip::data

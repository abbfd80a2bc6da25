#pragma once
// The files that `segment` writes for one picture and one question.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "apps/report.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

enum class OutputKind {
  overlay,    ///< <stem>.overlay.png
  panoptic,   ///< <stem>.panoptic.png + .json, COCO panoptic format
  instances,  ///< <stem>.instances.json, COCO results with RLE masks
  semantic,   ///< <stem>.semantic.png: class positions, 255 (16 bits: 65535) where there is none
  segments,   ///< <stem>.segments.json: everything known about each segment
};

/// "overlay,panoptic" -> kinds. Throws Error{invalid_argument} naming the kinds there are.
std::set<OutputKind> parse_output_kinds(const std::string& text);

/// The kinds written when the user names none: overlay, segments and the task's own format.
std::set<OutputKind> default_output_kinds(Task task);

/// Which inference a kind needs; overlay and segments show the task that was asked for.
Task task_of(OutputKind kind, Task asked);

/// Where each kind of `kinds` goes.
std::vector<std::filesystem::path> output_paths(const std::filesystem::path& stem,
                                                const std::set<OutputKind>& kinds);

/// One picture's answer on its way to files.
struct Answer {
  const at::Tensor& rgb;   ///< [H, W, 3] uint8
  std::string image_name;  ///< as in COCO's file_name
  const classify::Vocabulary& vocabulary;
};

/// Writes one kind, atomically.
void write_output(OutputKind kind, const std::filesystem::path& stem, const Answer& answer,
                  const Segmentation& result);

}  // namespace fcclip::apps

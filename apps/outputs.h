#pragma once
// The files that `segment` writes for one picture and one question.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "apps/overlay_flags.h"
#include "apps/report.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

enum class OutputKind {
  overlay,     ///< <stem>.overlay.png, or .jpg
  panoptic,    ///< <stem>.panoptic.png + .json, COCO panoptic format
  instances,   ///< <stem>.instances.json, COCO results with RLE masks
  semantic,    ///< <stem>.semantic.png: class positions, 255 (16 bits: 65535) where there is none
  segments,    ///< <stem>.segments.json: everything known about each segment
  labelme,     ///< <stem>.json: labelme's file, polygons
  yolo,        ///< <stem>.txt: YOLO segmentation labels; data.yaml names the classes
  geojson,     ///< <stem>.geojson: map coordinates for GeoTIFFs, else pixels
  coco,        ///< <stem>.coco.json: a COCO data set with polygons; coco-instances.json of all
  cityscapes,  ///< <stem>.labelIds.png: the vocabulary's ids, 0 where there is none
  cityscapes_instances,  ///< <stem>.instanceIds.png: id of stuff, id·1000 + n of things
  ade20k,                ///< <stem>.ade20k.png: classes from 1, 0 where there is none
  crops,    ///< crops/<stem>.<id>.<class>.png: the picture cut at each segment's box; .crops.json
  cutouts,  ///< cutouts/…: the same, transparent outside the segment; .cutouts.json lists them
  masks,    ///< masks/…: 255 inside the segment, as large as the picture; .masks.json lists them
  gallery,  ///< index.html over the overlays of the whole run
};

/// "overlay, panoptic" -> kinds, blanks around commas allowed; "all" is every kind, "none" nothing.
/// gallery brings overlay and segments, which it shows. Throws Error{invalid_argument} naming the
/// kind that was meant, or all there are.
std::set<OutputKind> parse_output_kinds(const std::string& text);

/// Takes out of `kinds` what "all" in `text` brought though this vocabulary's ids do not fit it:
/// cityscapes-instances, whose 16 bits hold ids of things up to 65.
void drop_unfitting_kinds(const std::string& text, const classify::Vocabulary& vocabulary,
                          std::set<OutputKind>& kinds);

/// "overlay, panoptic, …"
std::string output_kind_names();
std::string output_kind_name(OutputKind kind);

/// The kinds written when the user names none: overlay, segments and the task's own format.
std::set<OutputKind> default_output_kinds(results::Task task);

/// Which inference a kind needs; overlay, segments and outlines show the task that was asked for.
results::Task task_of(OutputKind kind, results::Task asked);

/// Where each kind of `kinds` goes.
std::vector<std::filesystem::path> output_paths(const std::filesystem::path& stem,
                                                const std::set<OutputKind>& kinds,
                                                const std::string& overlay_ending = ".overlay.png");

/// One picture's answer on its way to files.
struct Answer {
  const at::Tensor& rgb;   ///< [H, W, 3] uint8
  std::string image_name;  ///< as in COCO's file_name
  const classify::Vocabulary& vocabulary;
  std::filesystem::path picture = {};  ///< the file; empty for standard input
  std::filesystem::path folder = {};   ///< of the output, below the output folder
  double tolerance_px = 1;             ///< how far outlines may leave the pixel edges
  OverlayStyle overlay = {};
  LogCallback log = {};  ///< told of coordinates without a name, of names without a font and of
                         ///< segments that get no file
};

/// A file that is ready to be written.
struct OutputFile {
  std::filesystem::path path;
  std::string bytes;
  std::vector<std::filesystem::path> replaces = {};  ///< to be removed when this one is written
};

/// What the files of one kind hold. Writes nothing, so that drawing and writing can be timed,
/// refused and repeated apart. `stem` is the output's path without the kind's ending.
std::vector<OutputFile> render_output(OutputKind kind, const std::filesystem::path& stem,
                                      const Answer& answer, const results::Segmentation& result);

/// Where the results of one picture and one question are.
struct AnsweredPicture {
  std::filesystem::path picture;  ///< empty for standard input
  std::filesystem::path stem;     ///< of the files
  std::string overlay_ending = ".overlay.png";
};

/// One question of the run and its answers, whether made in this run or kept from one before.
struct AnsweredQuestion {
  std::string suffix;  ///< ".2" for the second of several, else empty
  const classify::Vocabulary& vocabulary;
  std::vector<AnsweredPicture> pictures;
};

/// What stands once beside the files of all pictures, whose own files must be written: for each
/// question, its suffix before the extension, data.yaml for yolo and coco-instances.json (joined
/// from the pictures' files) for coco; index.html over all questions for gallery. Pictures without
/// files are left out. Throws Error{bad_format} naming a damaged file.
std::vector<OutputFile> render_summaries(const std::set<OutputKind>& kinds,
                                         const std::filesystem::path& folder,
                                         const std::vector<AnsweredQuestion>& questions);

}  // namespace fcclip::apps

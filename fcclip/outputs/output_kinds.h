#pragma once
// What a segmentation can be written as: one table of kinds.

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::outputs {

enum class OutputKind {
  overlay,     ///< <stem>.overlay.png, or .jpg
  panoptic,    ///< <stem>.panoptic.png + .json, COCO panoptic format
  instance,    ///< <stem>.instances.json, COCO results with RLE masks
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
  gallery,  ///< index.html over the overlays of a whole run
};

struct KindFacts {
  OutputKind kind;
  std::string name;  ///< as --write takes it
  std::vector<std::string>
      endings;  ///< of the files that every picture gets; overlay's is its style's
  std::optional<results::Task> task;  ///< nothing where it shows whatever was asked for
};

/// All kinds, in the order of the enumeration.
const std::vector<KindFacts>& output_kinds();
const KindFacts& facts_of(OutputKind kind);

/// What was asked for: kinds of each picture, and tables over all pictures of a run.
struct WantedOutputs {
  std::set<OutputKind> kinds;
  bool lines = false;  ///< results.jsonl
  bool table = false;  ///< segments.csv
  bool operator==(const WantedOutputs&) const = default;
};

/// "overlay, panoptic" -> kinds, blanks around commas allowed; "all" is everything, "none" nothing,
/// "jsonl" and "csv" the tables. gallery brings overlay and segments, which it shows; tables bring
/// segments, of which they are made. Throws Error{invalid_argument} naming the kind that was meant,
/// or all there are.
WantedOutputs parse_output_kinds(const std::string& text);

/// Takes out of `kinds` what "all" in `text` brought though this vocabulary's ids do not fit it:
/// cityscapes-instances, whose 16 bits hold ids of things up to 65.
void drop_unfitting_kinds(const std::string& text, const classify::Vocabulary& vocabulary,
                          std::set<OutputKind>& kinds);

/// "overlay, panoptic, …"
std::string output_kind_names();

/// The kinds written when the user names none: overlay, segments and the task's own format.
std::set<OutputKind> default_output_kinds(results::Task task);

/// Which inference a kind needs.
results::Task task_of(OutputKind kind, results::Task asked);

/// The files of `kinds` that every answered picture has.
std::vector<std::filesystem::path> output_paths(const std::filesystem::path& stem,
                                                const std::set<OutputKind>& kinds,
                                                const std::string& overlay_ending = ".overlay.png");

}  // namespace fcclip::outputs

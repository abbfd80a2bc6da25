#pragma once
// COCO's annotation files as they are: what stands in them, in types, with the slips of annotation
// tools mended and remarked. The one reader below data sets (coco_index.h) and scores.

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"
#include "fcclip/data/coco_segmentation.h"
#include "fcclip/data/file_form.h"
#include "fcclip/data/id_table.h"
#include "fcclip/data/remarks.h"

namespace fcclip::data {

/// One entry of "categories".
struct CocoCategory {
  std::string id;  ///< as id_key gives it
  std::string name;
  std::optional<bool> is_thing;                  ///< where the file says it
  std::optional<std::array<uint8_t, 3>> colour;  ///< where the file says it
};

/// All of them, and where an id is.
struct CocoCategories {
  std::vector<CocoCategory> entries;  ///< in the file's order, each id once
  IdTable ids;
};

/// One entry of "images".
struct CocoImage {
  std::string id;         ///< as id_key gives it
  std::string file_name;  ///< empty when the file does not say
  Size size;              ///< 0×0 when the file does not say
  bool is_federated = false;
  /// LVIS: categories looked for and not found, and those not marked completely.
  std::vector<int64_t> negative_categories, incomplete_categories;
};

/// All of them, and where an id is.
struct CocoImages {
  std::vector<CocoImage> entries;  ///< in the file's order, each id once
  IdTable ids;
};

/// One entry of "segments_info".
struct CocoSegment {
  int64_t id = 0, area_px = 0;
  std::string category_id;         ///< as id_key gives it
  std::optional<size_t> category;  ///< its place in "categories"; nothing: it is not listed
  bool is_crowd = false;
};

/// One annotation of a panoptic file.
struct CocoMap {
  std::string place;     ///< "annotation 3", or by its id: "annotation id 17"
  std::string image_id;  ///< as id_key gives it
  std::string png;       ///< file name of the id map
  std::vector<CocoSegment> segments;
};

/// One annotation of an instances file, or one detection of a results file.
struct CocoObject {
  std::string place;
  std::string id;  ///< of the annotation, as id_key gives it; empty: none
  std::string image_id, category_id;
  std::optional<CocoSegmentation> segmentation;
  std::optional<std::array<double, 4>> box_xywh_px;
  std::optional<double> area_px;  ///< annotations
  double score = 0;               ///< detections
  bool is_crowd = false;
};

/// A file, read; its entries are handed out one by one. Everything throws Error{bad_format} naming
/// the file and the entry, also what the functions that are handed an entry throw.
class CocoFile {
 public:
  /// Throws Error{not_found, io_failure} too; what the file is instead when it is of another kind;
  /// two different categories with one id.
  /// tick: called now and then while the file is read; what it throws ends the reading.
  CocoFile(const std::filesystem::path& path, JsonForm form, const Tick& tick = {});
  ~CocoFile();
  CocoFile(CocoFile&&) noexcept;
  CocoFile& operator=(CocoFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Empty when the file has none. A repeated entry is taken once.
  const CocoCategories& categories() const { return categories_; }
  /// For a file that lists none: those that its annotations name, remarked.
  void take_categories_of_annotations();
  /// A picture that is listed twice is taken once. Throws for two different ones with one id, and
  /// for a size that is none.
  CocoImages images();
  /// How many entries there are, and whether any has a "segmentation".
  int64_t count() const;
  bool has_masks() const;

  /// One that is there twice is taken once. Throws for two that differ.
  void each_map(const std::function<void(const CocoMap&)>& read);
  /// Annotations of an instances file: those of pictures or categories that the file does not list
  /// are left out, and remarked, as pycocotools does. `image`: position among `images`.
  void each_object(const CocoImages& images,
                   const std::function<void(const CocoObject&, size_t image)>& read);
  /// Of a results file. `size_of`: of the picture with that id, 0×0 where it isn't known; what it
  /// throws is told of the detection.
  void each_detection(const std::function<Size(const std::string& image_id)>& size_of,
                      const std::function<void(const CocoObject&)>& read);

  /// What was mended or left out; who reads the entries adds to it.
  Remarks& remarks() { return remarks_; }
  /// A line each.
  std::vector<std::string> remark_lines() const { return remarks_.lines(path_.string()); }

 private:
  struct Document;

  std::filesystem::path path_;
  std::unique_ptr<Document> document_;
  CocoCategories categories_;
  Remarks remarks_;
};

}  // namespace fcclip::data

#pragma once
// A segmentation as the bytes of files, in memory: what the program writes and a server sends.

#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/log.h"
#include "fcclip/image/geo_tiff.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/output_kinds.h"
#include "fcclip/outputs/overlay_style.h"

namespace fcclip::outputs {

/// The picture that was segmented.
struct Picture {
  std::string name;              ///< "photo.jpg", as in COCO's file_name
  at::Tensor rgb;                ///< [H, W, 3] uint8; only overlays, crops and cut-outs need it
  std::string link = {};         ///< from the written file to the picture (labelme); empty: name
  std::string name_in_set = {};  ///< among other pictures (coco): "folder/photo.jpg"; empty: name
  std::optional<image::GeoReference> place = {};  ///< for GeoJSON in map coordinates
};

struct Answer {
  const Picture& picture;
  const results::Segmentation& segmentation;
  const classify::Vocabulary& vocabulary;  ///< that it was asked with
};

struct RenderOptions {
  double tolerance_px = 1;  ///< how far outlines may leave the pixel edges; 0 keeps every corner
  OverlayStyle overlay = {};
  LogCallback log = {};  ///< told of names without a font, and of segments that get no file
};

struct OutputFile {
  std::string name;  ///< "photo.overlay.png", "crops/photo.1.cat.png": '/' between folders
  std::string bytes;
};

/// The picture with its segments drawn over it, [h, w, 3] uint8; see draw::draw_overlay.
at::Tensor overlay_picture(const Answer& answer, const RenderOptions& options);

/// The files of one kind; none for gallery, which stands once for many pictures. `stem`: their
/// names without the kind's ending ("photo"). Throws Error{invalid_argument} when the segmentation
/// is of another task than the kind needs, a class is not in the vocabulary, its ids do not fit the
/// kind, or pixels are needed and missing.
std::vector<OutputFile> render(OutputKind kind, const std::string& stem, const Answer& answer,
                               const RenderOptions& options = {});

}  // namespace fcclip::outputs

#pragma once
// What `segment` writes of outlines: labelme, YOLO, GeoJSON, COCO polygons.

#include <filesystem>
#include <string>

#include "apps/outputs.h"

namespace fcclip::apps {

/// The bytes of one file each, with outlines simplified by answer.tolerance_px. `path` is where
/// labelme's file will lie: it names the picture from there.
std::string labelme_file(const std::filesystem::path& path, const Answer& answer,
                         const results::Segmentation& result);
std::string yolo_file(const Answer& answer, const results::Segmentation& result);
/// In map coordinates when the picture is a GeoTIFF.
std::string geojson_file(const Answer& answer, const results::Segmentation& result);
std::string coco_file(const Answer& answer, const results::Segmentation& result);

}  // namespace fcclip::apps

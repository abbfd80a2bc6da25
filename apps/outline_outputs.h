#pragma once
// What `segment` writes of outlines: labelme, YOLO, GeoJSON, COCO polygons.

#include <filesystem>

#include "apps/outputs.h"

namespace fcclip::apps {

/// Each writes one file, atomically, with outlines simplified by answer.tolerance_px.
void write_labelme(const std::filesystem::path& path, const Answer& answer,
                   const Segmentation& result);
void write_yolo(const std::filesystem::path& path, const Answer& answer,
                const Segmentation& result);
/// In map coordinates when the picture is a GeoTIFF.
void write_geojson(const std::filesystem::path& path, const Answer& answer,
                   const Segmentation& result);
void write_coco(const std::filesystem::path& path, const Answer& answer,
                const Segmentation& result);

}  // namespace fcclip::apps

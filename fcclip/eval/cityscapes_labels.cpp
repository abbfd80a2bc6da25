#include "fcclip/eval/cityscapes_labels.h"

#include <algorithm>

namespace fcclip::eval {
namespace {

constexpr std::array<CityscapesLabel, kCityscapesLabels> kLabels = {{
    {"unlabeled", "void"},
    {"ego vehicle", "void"},
    {"rectification border", "void"},
    {"out of roi", "void"},
    {"static", "void"},
    {"dynamic", "void"},
    {"ground", "void"},
    {"road", "flat", true},
    {"sidewalk", "flat", true},
    {"parking", "flat"},
    {"rail track", "flat"},
    {"building", "construction", true},
    {"wall", "construction", true},
    {"fence", "construction", true},
    {"guard rail", "construction"},
    {"bridge", "construction"},
    {"tunnel", "construction"},
    {"pole", "object", true},
    {"polegroup", "object"},
    {"traffic light", "object", true},
    {"traffic sign", "object", true},
    {"vegetation", "nature", true},
    {"terrain", "nature", true},
    {"sky", "sky", true},
    {"person", "human", true, true, 3462.4756337644},
    {"rider", "human", true, true, 3930.4788056518},
    {"car", "vehicle", true, true, 12794.0202738185},
    {"truck", "vehicle", true, true, 27855.1264367816},
    {"bus", "vehicle", true, true, 35732.1511111111},
    {"caravan", "vehicle", false, true, 36771.8241758242},
    {"trailer", "vehicle", false, true, 16926.9763313609},
    {"train", "vehicle", true, true, 67583.7075812274},
    {"motorcycle", "vehicle", true, true, 6298.7200839748},
    {"bicycle", "vehicle", true, true, 4672.3249222261},
}};

constexpr std::array<std::string_view, 8> kCategories = {
    "void", "flat", "construction", "object", "nature", "sky", "human", "vehicle"};

}  // namespace

std::span<const CityscapesLabel, kCityscapesLabels> cityscapes_labels() {
  return kLabels;
}

std::span<const std::string_view, 8> cityscapes_categories() {
  return kCategories;
}

bool has_only_things(std::string_view category) {
  return std::all_of(kLabels.begin(), kLabels.end(), [&](const CityscapesLabel& label) {
    return label.category != category || label.has_instances;
  });
}

}  // namespace fcclip::eval

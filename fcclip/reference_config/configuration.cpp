#include "fcclip/reference_config/configuration.h"

#include <algorithm>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

/// A key of which only one value can be built here.
struct Fixed {
  std::string_view key;
  std::vector<std::string> values;
  std::string_view what;
};

const std::vector<Fixed>& fixed_keys() {
  static const std::vector<Fixed> kFixed = {
      {"MODEL.META_ARCHITECTURE", {"FCCLIP"}, "another network"},
      {"MODEL.BACKBONE.NAME", {"CLIP"}, "another backbone"},
      {"MODEL.SEM_SEG_HEAD.NAME", {"FCCLIPHead"}, "another head"},
      {"MODEL.SEM_SEG_HEAD.PIXEL_DECODER_NAME",
       {"MSDeformAttnPixelDecoder"},
       "another pixel decoder"},
      {"MODEL.MASK_FORMER.TRANSFORMER_DECODER_NAME",
       {"MultiScaleMaskedTransformerDecoder"},
       "another mask decoder"},
      {"MODEL.MASK_FORMER.TRANSFORMER_IN_FEATURE",
       {"multi_scale_pixel_decoder"},
       "another mask decoder"},
      {"MODEL.SEM_SEG_HEAD.IN_FEATURES", {"res2", "res3", "res4", "res5"}, "other feature maps"},
      {"MODEL.SEM_SEG_HEAD.DEFORMABLE_TRANSFORMER_ENCODER_IN_FEATURES",
       {"res3", "res4", "res5"},
       "other feature maps"},
      {"MODEL.SEM_SEG_HEAD.NORM", {"GN"}, "another normalisation"},
      {"MODEL.SEM_SEG_HEAD.COMMON_STRIDE", {"4"}, "masks of another size"},
      {"INPUT.FORMAT", {"RGB"}, "another order of channels"}};
  return kFixed;
}

void check_fixed(const Keys& keys, const Fixed& fixed) {
  std::vector<std::string> got = keys.texts(fixed.key);
  std::ranges::sort(got);
  if (got == fixed.values) return;
  fail(ErrorCode::unsupported, keys.where(fixed.key), " is ", text::printable(listed(got)), ", ",
       fixed.what, "; only ", listed(fixed.values), " can be used here");
}

Configuration checked(const std::string& file, KeyTable table) {
  Configuration made{file, Keys(std::move(table), file), {}};
  for (const Fixed& fixed : fixed_keys()) check_fixed(made.keys, fixed);
  for (const std::string_view key :
       {"MODEL.MASK_FORMER.PRE_NORM", "MODEL.MASK_FORMER.ENFORCE_INPUT_PROJ"}) {
    if (made.keys.flag(key))
      fail(ErrorCode::unsupported, made.keys.where(key),
           " is True, another mask decoder; only "
           "False can be used here");
  }
  const std::vector<std::string> unknown = made.keys.unknown();
  if (!unknown.empty()) {
    made.notes.push_back(made.file + ": passed over, no " + (unknown.size() == 1 ? "key" : "keys") +
                         " of the reference: " + listed(unknown));
  }
  return made;
}

}  // namespace

Configuration read_configuration(const std::filesystem::path& path) {
  return checked(path.string(), read_chain(path));
}

Configuration parse_configuration(const std::string& yaml, const std::string& name) {
  return checked(name, parse_document(yaml, name).keys);
}

std::string tasks(const Configuration& from) {
  std::vector<std::string> on;
  if (from.keys.flag("MODEL.MASK_FORMER.TEST.PANOPTIC_ON")) on.emplace_back("panoptic");
  if (from.keys.flag("MODEL.MASK_FORMER.TEST.INSTANCE_ON")) on.emplace_back("instance");
  if (from.keys.flag("MODEL.MASK_FORMER.TEST.SEMANTIC_ON")) on.emplace_back("semantic");
  return listed(on);
}

}  // namespace fcclip::reference_config

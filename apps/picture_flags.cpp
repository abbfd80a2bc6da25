#include "apps/picture_flags.h"

#include "fcclip/core/error.h"

namespace fcclip::apps {

void add_picture_flags(CLI::App& command, PictureFlags& flags) {
  command.option_defaults()->group("Pictures");
  command
      .add_option("--range", flags.range,
                  "Values that become black and white in pictures of 16 bits or floating point: "
                  "auto (stretched when little of the range is used), full or LOW:HIGH")
      ->type_name("RANGE")
      ->capture_default_str();
  command
      .add_option(
          "--stretch", flags.stretch,
          "In place of --range: the hundredths of the picture's own values that become black "
          "and white: 2,98")
      ->type_name("LOW,HIGH");
  command
      .add_option("--bands", flags.bands,
                  "Bands of a TIFF to take, counted from 1: RED,GREEN,BLUE or one for grey")
      ->type_name("BANDS");
}

image::ReadOptions read_options(const PictureFlags& flags) {
  image::ReadOptions options;
  options.range = image::parse_value_range(flags.range);
  if (!flags.stretch.empty()) {
    if (flags.range != "auto") {
      fail(ErrorCode::invalid_argument,
           "--range and --stretch: which values become black and white is said by one of them");
    }
    options.range = image::parse_stretch(flags.stretch);
  }
  if (!flags.bands.empty()) options.bands = image::parse_bands(flags.bands);
  return options;
}

nlohmann::json read_record(const PictureFlags& flags) {
  nlohmann::json out;
  if (flags.range != "auto") out["range"] = flags.range;
  if (!flags.stretch.empty()) out["stretch"] = flags.stretch;
  if (!flags.bands.empty()) out["bands"] = flags.bands;
  return out;
}

}  // namespace fcclip::apps

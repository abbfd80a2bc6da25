#include "apps/spot_flags.h"

#include "fcclip/cli/number_list.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

CLI::Validator pixels(size_t count, const char* form) {
  return {[=](std::string& text) -> std::string {
            if (cli::numbers_at_commas(text).size() == count) return "";
            return text + ": expected " + form + " in pixels of the picture";
          },
          ""};
}

}  // namespace

void add_spot_flags(CLI::App& command, SpotFlags& flags) {
  command.option_defaults()->group("Place");
  command
      .add_option(
          "--at", flags.points,
          "What is at this pixel: all masks there, best first, with their names; repeat for "
          "more points of one thing")
      ->type_name("X,Y")
      ->check(pixels(2, "X,Y"));
  command.add_option("--box", flags.box, "What is in this box: masks whose own boxes are near it")
      ->type_name("X,Y,W,H")
      ->check(pixels(4, "X,Y,W,H"));
}

std::optional<segmenter::Place> spot_of(const SpotFlags& flags, const std::string& task) {
  if (flags.points.empty() && flags.box.empty()) return std::nullopt;
  if (!flags.points.empty() && !flags.box.empty()) {
    fail(ErrorCode::invalid_argument, "--at and --box: a place is either points or a box");
  }
  if (task == "semantic") {
    fail(ErrorCode::invalid_argument,
         "--task semantic: what is at a place are instances; leave --task out");
  }
  segmenter::Place place;
  for (const std::string& point : flags.points) {
    const std::vector<double> xy = cli::numbers_at_commas(point);
    place.points_xy_px.push_back({xy.at(0), xy.at(1)});
  }
  if (flags.box.empty()) return place;
  const std::vector<double> box = cli::numbers_at_commas(flags.box);
  place.box_xywh_px = {box.at(0), box.at(1), box.at(2), box.at(3)};
  return place;
}

}  // namespace fcclip::apps

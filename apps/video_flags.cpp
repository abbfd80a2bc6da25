#include "apps/video_flags.h"

#include <algorithm>
#include <sstream>

#include "apps/option_checks.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

double time_of_flag(const char* flag, const std::string& text) {
  const std::optional<double> seconds = parse_time(text);
  if (seconds) return *seconds;
  fail(ErrorCode::invalid_argument, flag, " '", text,
       "': expected seconds, minutes:seconds or hours:minutes:seconds");
}

void add_time(CLI::App& command, const char* flag, const char* help, std::optional<double>& time) {
  command
      .add_option_function<std::string>(
          flag, [flag, &time](const std::string& text) { time = time_of_flag(flag, text); }, help)
      ->type_name("TIME");
}

}  // namespace

void add_video_flags(CLI::App& command, VideoFlags& flags) {
  command.option_defaults()->group("Video");
  command.add_flag("--video", flags.video,
                   "The inputs are films, folders of frames among them; known without it: names "
                   "that end like a film's, and /dev/video0");
  command.add_option("--every", flags.every, "Every n-th frame; default 1")
      ->check(whole_number(1, 1000000));
  add_time(command, "--start", "First moment: seconds or h:m:s", flags.start);
  add_time(command, "--end", "Moment before which to end", flags.end);
  command.add_option("--fps", flags.fps, "Frames a second in folders of frames")
      ->capture_default_str()
      ->check(number(0.01, 1000));
  command.add_flag("--separate-ids", flags.separate_ids,
                   "Number each frame's segments by themselves, as if it were a picture alone");
}

bool asks_for_video(const VideoFlags& flags, const std::vector<std::string>& inputs) {
  const auto films = std::count_if(inputs.begin(), inputs.end(),
                                   [](const auto& input) { return video::is_film_name(input); });
  if (flags.video) return true;
  if (films > 0) {
    if (films == std::ssize(inputs)) return true;
    fail(ErrorCode::invalid_argument,
         "films and pictures in one run; ask for them one after another (--video: all are films)");
  }
  if (flags.every == 1 && !flags.start && !flags.end && !flags.separate_ids) return false;
  fail(ErrorCode::invalid_argument,
       "--every, --start, --end and --separate-ids are for films; --video takes a folder as one");
}

video::FrameRange frame_range(const VideoFlags& flags) {
  return {flags.start.value_or(0), flags.end, flags.every};
}

std::optional<double> parse_time(const std::string& text) {
  std::istringstream parts(text);
  double seconds = 0;
  int count = 0;
  for (std::string part; std::getline(parts, part, ':'); ++count) {
    const bool plain = !part.empty() && part.find_first_not_of("0123456789.") == std::string::npos;
    const bool whole = part.find('.') == std::string::npos;
    std::istringstream digits(part);
    double value = 0;
    if (!plain || !(digits >> value) || !digits.eof()) return std::nullopt;
    // Only the seconds have a fraction, and only the first part may be 60 and more.
    if ((!whole && !parts.eof()) || (count > 0 && value >= 60)) return std::nullopt;
    seconds = 60 * seconds + value;
  }
  if (count < 1 || count > 3 || text.ends_with(':')) return std::nullopt;
  return seconds;
}

}  // namespace fcclip::apps

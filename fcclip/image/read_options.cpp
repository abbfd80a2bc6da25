#include "fcclip/image/read_options.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "fcclip/core/error.h"
#include "fcclip/core/plain_text.h"

namespace fcclip::image {
namespace {

int64_t largest = int64_t{1} << 29;

}  // namespace

int64_t largest_picture() {
  return largest;
}

void limit_pictures(int64_t pixels) {
  largest = pixels;
}

ValueRange parse_value_range(std::string_view text) {
  if (text == "auto") return {};
  if (text == "full") return {ValueRange::Kind::full, 0, 0};
  const size_t colon = std::min(text.find(':'), text.size());
  const std::optional<double> low = number_of_text(text.substr(0, colon));
  const std::optional<double> high = number_of_text(text.substr(std::min(colon + 1, text.size())));
  if (!low || !high || *high <= *low) {
    fail(ErrorCode::invalid_argument, "range '", text,
         "': expected auto, full or LOW:HIGH, two numbers, the second larger (0:3000)");
  }
  return {ValueRange::Kind::given, *low, *high};
}

std::vector<int> parse_bands(std::string_view text) {
  std::vector<int> bands;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    int band = 0;
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, band);
    if (error != std::errc() || stop != text.data() + end || band < 1) {
      bands.clear();
      break;
    }
    bands.push_back(band);
    begin = end + 1;
  }
  if (bands.size() != 1 && bands.size() != 3) {
    fail(ErrorCode::invalid_argument, "bands '", text,
         "': expected one number (grey) or three (red, green, blue), counted from 1: 4,3,2");
  }
  return bands;
}

ValueRange parse_stretch(std::string_view text) {
  const size_t comma = std::min(text.find(','), text.size());
  const std::optional<double> low = number_of_text(text.substr(0, comma));
  const std::optional<double> high = number_of_text(text.substr(std::min(comma + 1, text.size())));
  if (!low || !high || !(*low >= 0) || !(*high <= 100) || !(*high > *low)) {
    fail(ErrorCode::invalid_argument, "stretch '", text,
         "': expected LOW,HIGH, two hundredths of the samples between 0 and 100, the second larger "
         "(2,98)");
  }
  return {ValueRange::Kind::stretch, *low, *high};
}

}  // namespace fcclip::image

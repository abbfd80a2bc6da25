#include "fcclip/image/wide_samples.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/error.h"
#include "fcclip/core/plain_text.h"

namespace fcclip::image {
namespace {

// Below this part of their range, samples make a picture that is nearly black.
constexpr double kDarkPart = 0.25;
constexpr int64_t kMostLookedAt = int64_t{1} << 20;

struct UsedValues {
  bool any = false;
  double lowest = 0, highest = 0;
  double p2 = 0, p98 = 0;  ///< hundredths
  double p999 = 0;         ///< all but a thousandth: a few hot pixels don't make a picture bright
};

template <typename T>
std::vector<float> valid_values(const WideSamples& samples) {
  const int64_t count = samples.values.numel();
  // An odd step visits every channel and column in turn.
  const int64_t step = count <= kMostLookedAt ? 1 : (count / kMostLookedAt) | 1;
  const T* in = static_cast<const T*>(samples.values.const_data_ptr());
  std::vector<float> found;
  found.reserve(static_cast<size_t>(count / step + 1));
  for (int64_t i = 0; i < count; i += step) {
    const auto value = static_cast<float>(in[i]);
    if (!std::isfinite(value)) continue;
    if (samples.no_data && value == static_cast<float>(*samples.no_data)) continue;
    // Where a scanner saw nothing, integers are 0 with or without a tag that says so.
    if (samples.integral && value == 0) continue;
    found.push_back(value);
  }
  return found;
}

double part(std::vector<float>& values, double fraction) {
  const auto place = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[place];
}

UsedValues used_values(const WideSamples& samples) {
  std::vector<float> values = samples.values.scalar_type() == at::kUInt16
                                  ? valid_values<uint16_t>(samples)
                                  : valid_values<float>(samples);
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  UsedValues used{true, *low, *high, 0, 0, 0};
  used.p2 = part(values, 0.02);
  used.p98 = part(values, 0.98);
  used.p999 = part(values, 0.999);
  return used;
}

template <typename T>
at::Tensor scaled(const WideSamples& samples, double low, double high) {
  at::Tensor out = at::empty(samples.values.sizes(), at::kByte);
  const T* in = static_cast<const T*>(samples.values.const_data_ptr());
  uint8_t* bytes = out.data_ptr<uint8_t>();
  const double factor = high > low ? 255 / (high - low) : 0;
  const bool masked = samples.no_data.has_value();
  const auto nothing = static_cast<T>(samples.no_data.value_or(0));
  at::parallel_for(0, samples.values.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double value = (static_cast<double>(in[i]) - low) * factor;
      // NaN fails both comparisons.
      bytes[i] = masked && in[i] == nothing ? 0
                 : value >= 255             ? 255
                 : value > 0                ? static_cast<uint8_t>(value + 0.5)
                                            : 0;
    }
  });
  return out;
}

at::Tensor scale(const WideSamples& samples, double low, double high) {
  return samples.values.scalar_type() == at::kUInt16 ? scaled<uint16_t>(samples, low, high)
                                                     : scaled<float>(samples, low, high);
}

at::Tensor upper_bytes(const at::Tensor& values) {
  at::Tensor out = at::empty(values.sizes(), at::kByte);
  const auto* in = static_cast<const uint16_t*>(values.const_data_ptr());
  uint8_t* bytes = out.data_ptr<uint8_t>();
  for (int64_t i = 0; i < values.numel(); ++i) bytes[i] = static_cast<uint8_t>(in[i] >> 8);
  return out;
}

at::Tensor whole_range(const WideSamples& samples) {
  // 16 bits lose their lower byte rather than being rounded: what Pillow does for colour pictures.
  const bool sixteen = samples.values.scalar_type() == at::kUInt16 && samples.high == 65535;
  return sixteen ? upper_bytes(samples.values) : scale(samples, samples.low, samples.high);
}

std::string short_number(double value) {
  // Four digits are plenty, but not in the way 1.234e+04 shows them.
  if (std::abs(value) >= 1000 && std::abs(value) < 1e9) return std::to_string(std::llround(value));
  std::ostringstream text;
  text.precision(4);
  text << value;
  return text.str();
}

void tell(const ReadOptions& options, const std::string& message) {
  if (options.log) options.log(LogLevel::warning, message);
}

at::Tensor automatic(const WideSamples& samples, const ReadOptions& options,
                     std::string_view name) {
  const UsedValues used = used_values(samples);
  const std::string start = std::string(name) + ": " + samples.kind + " samples ";
  if (!used.any) {
    tell(options, start + "hold nothing but zeros or no-data values; the picture is black");
    return at::zeros(samples.values.sizes(), at::kByte);
  }
  const auto fits = [&](double low, double high) {
    return used.lowest >= low && used.highest <= high && used.p999 >= kDarkPart * high;
  };
  const bool unsigned_type = samples.integral && !samples.is_signed;
  if (unsigned_type && fits(samples.low, samples.high)) return whole_range(samples);
  for (const double high : {1.0, 255.0}) {
    if (!fits(0, high) || (high == 1 && samples.integral)) continue;
    tell(options,
         start + "taken as 0 to " + short_number(high) + " (--range LOW:HIGH takes another part)");
    return scale(samples, 0, high);
  }
  const bool flat = used.p98 <= used.p2;
  const double low = flat ? used.lowest : used.p2, high = flat ? used.highest : used.p98;
  tell(options,
       start + (unsigned_type ? "use little of their range and are" : "are") +
           " stretched to 8 bits from " + short_number(low) + " to " + short_number(high) +
           " (--range " +
           (unsigned_type ? "full takes them as they are)" : "LOW:HIGH takes another part)"));
  return scale(samples, low, high);
}

}  // namespace

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

at::Tensor to_8_bits(const WideSamples& samples, const ReadOptions& options,
                     std::string_view name) {
  switch (options.range.kind) {
    case ValueRange::Kind::full:
      return whole_range(samples);
    case ValueRange::Kind::given:
      return scale(samples, options.range.low, options.range.high);
    case ValueRange::Kind::automatic:
      return automatic(samples, options, name);
  }
  return {};
}

}  // namespace fcclip::image

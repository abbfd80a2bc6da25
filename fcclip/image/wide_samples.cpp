#include "fcclip/image/wide_samples.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace fcclip::image {
namespace {

// Below this part of their range, samples make a picture that is nearly black.
constexpr double kDarkPart = 0.25;
constexpr int64_t kMostLookedAt = int64_t{1} << 20;

struct UsedValues {
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

std::vector<float> valid_values(const WideSamples& samples) {
  return samples.values.scalar_type() == at::kUInt16 ? valid_values<uint16_t>(samples)
                                                     : valid_values<float>(samples);
}

UsedValues used_values(std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  UsedValues used{*low, *high, 0, 0, 0};
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

at::Tensor scaled(const WideSamples& samples, double low, double high) {
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

// 16 bits lose their lower byte rather than being rounded: what Pillow does for colour pictures.
ValueScale whole_range(const WideSamples& samples) {
  const bool sixteen = samples.values.scalar_type() == at::kUInt16 && samples.high == 65535;
  return {samples.low, samples.high, sixteen};
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

ValueScale automatic(const UsedValues& used, const WideSamples& samples, const ReadOptions& options,
                     const std::string& start) {
  const auto fits = [&](double low, double high) {
    return used.lowest >= low && used.highest <= high && used.p999 >= kDarkPart * high;
  };
  const bool unsigned_type = samples.integral && !samples.is_signed;
  if (unsigned_type && fits(samples.low, samples.high)) return whole_range(samples);
  for (const double high : {1.0, 255.0}) {
    if (!fits(0, high) || (high == 1 && samples.integral)) continue;
    tell(options,
         start + "taken as 0 to " + short_number(high) + " (--range LOW:HIGH takes another part)");
    return {0, high};
  }
  const bool flat = used.p98 <= used.p2;
  const double low = flat ? used.lowest : used.p2, high = flat ? used.highest : used.p98;
  tell(options,
       start + (unsigned_type ? "use little of their range and are" : "are") +
           " stretched to 8 bits from " + short_number(low) + " to " + short_number(high) +
           " (--range " +
           (unsigned_type ? "full takes them as they are)" : "LOW:HIGH takes another part)"));
  return {low, high};
}

ValueScale stretched(const std::vector<float>& values, const ReadOptions& options,
                     const std::string& start) {
  std::vector<float> sorted = values;
  const double low = part(sorted, options.range.low / 100);
  const double high = part(sorted, options.range.high / 100);
  tell(options,
       start + "are stretched to 8 bits from " + short_number(low) + " to " + short_number(high));
  return {low, high};
}

}  // namespace

ValueScale choose_scale(const WideSamples& samples, const ReadOptions& options,
                        std::string_view name) {
  switch (options.range.kind) {
    case ValueRange::Kind::full:
      return whole_range(samples);
    case ValueRange::Kind::given:
      return {options.range.low, options.range.high};
    case ValueRange::Kind::automatic:
    case ValueRange::Kind::stretch:
      break;
  }
  const std::string start = std::string(name) + ": " + samples.kind + " samples ";
  std::vector<float> values = valid_values(samples);
  if (values.empty()) {
    tell(options, start + "hold nothing but zeros or no-data values; the picture is black");
    return {};
  }
  if (options.range.kind == ValueRange::Kind::stretch) return stretched(values, options, start);
  return automatic(used_values(values), samples, options, start);
}

at::Tensor to_8_bits(const WideSamples& samples, const ValueScale& scale) {
  return scale.upper_byte ? upper_bytes(samples.values) : scaled(samples, scale.low, scale.high);
}

at::Tensor to_8_bits(const WideSamples& samples, const ReadOptions& options,
                     std::string_view name) {
  return to_8_bits(samples, choose_scale(samples, options, name));
}

}  // namespace fcclip::image

#include "fcclip/cli/option_checks.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>
#include <sstream>

#include "fcclip/cli/arguments.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"

namespace fcclip::cli {
namespace {

template <typename Number>
bool reads_as(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

std::string range_text(double least, double most) {
  std::ostringstream text;
  text.precision(15);
  text << "expected " << least;
  // The largest whole number means that there is no bound.
  if (most < 9e18) {
    text << " to " << most;
  } else {
    text << " or more";
  }
  return text.str();
}

// What is wrong with a number as such; CLI11 itself would take 010 for 8 and 0x10 for 16.
template <typename Number>
std::string normalise_number(std::string& text) {
  const bool negative = text.starts_with('-');
  std::string digits = text.substr(negative || text.starts_with('+') ? 1 : 0);
  while (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') {
    digits.erase(0, 1);
  }
  const std::string plain = (negative ? "-" : "") + digits;
  Number value{};
  if (!reads_as(plain, value) || !std::isfinite(static_cast<double>(value))) {
    return text +
           (std::is_integral_v<Number> ? ": expected a whole number" : ": expected a number");
  }
  text = plain;
  return "";
}

bool takes_values(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

// Words may be empty: a script has none to give. A file or a number may not: "$OUT" is not set.
void check_for_missing_value(CLI::App& command, CLI::Option& option) {
  const bool may_be_empty = option.get_type_name() == "WORDS";
  option.check(CLI::Validator(
      [&command, may_be_empty](std::string& value) -> std::string {
        if (value.empty() && !may_be_empty) return "\"\": the value is empty";
        if (value.size() < 2 || value.front() != '-') return "";
        if (command.get_option_no_throw(value) == nullptr) return "";
        return value + ": a value is missing before this option";
      },
      ""));
}

void settle_number(CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::function<std::string(std::string&)> normalise;
  if (type == "SIZE") return;  // byte_count reads it
  if (type.starts_with("INT")) normalise = normalise_number<int64_t>;
  if (type.starts_with("UINT")) normalise = normalise_number<uint64_t>;
  if (type.starts_with("FLOAT")) normalise = normalise_number<double>;
  if (!normalise) return;
  option.type_name("NUMBER");
  option.transform(CLI::Validator(normalise, ""));
}

std::string normalise_bytes(std::string& text, int64_t least) {
  constexpr std::string_view kUnits = "KMGT";
  constexpr int64_t kMost = int64_t{1} << 50;
  std::string digits = text;
  int64_t unit = 1;
  if (!digits.empty() && (digits.back() == 'B' || digits.back() == 'b')) digits.pop_back();
  if (!digits.empty()) {
    const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(digits.back())));
    const size_t position = kUnits.find(letter);
    if (position != std::string_view::npos) {
      unit <<= 10 * (position + 1);
      digits.pop_back();
    }
  }
  int64_t value = 0;
  if (digits.empty() || !reads_as(digits, value) || value < 0 || value > kMost / unit)
    return text + ": expected a number of bytes, as 1000, 64K, 512M or 2G";
  if (value * unit < least) return text + ": expected " + std::to_string(least) + " bytes or more";
  text = std::to_string(value * unit);
  return "";
}

}  // namespace

CLI::Validator byte_count(int64_t least) {
  return CLI::Validator([least](std::string& text) { return normalise_bytes(text, least); }, "");
}

CLI::Validator whole_number(int64_t least, int64_t most) {
  return {[=](std::string& text) -> std::string {
            int64_t value = 0;
            if (reads_as(text, value) && value >= least && value <= most) return "";
            return text + ": " + range_text(static_cast<double>(least), static_cast<double>(most));
          },
          ""};
}

CLI::Validator number(double least, double most) {
  return {[=](std::string& text) -> std::string {
            double value = 0;
            if (reads_as(text, value) && value >= least && value <= most) return "";
            return text + ": " + range_text(least, most);
          },
          ""};
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  return {[names](std::string& text) -> std::string {
            if (std::ranges::find(names, text) != names.end()) return "";
            return text + ": expected one of " + listed(names) + did_you_mean(text, names);
          },
          ""};
}

void settle_options(CLI::App& command) {
  if (CLI::Option* help = command.get_help_ptr()) help->group("Help");
  for (CLI::Option* option : command.get_options()) {
    if (!takes_values(*option)) continue;
    settle_number(*option);
    if (option->nonpositional()) {
      option->allow_extra_args(false);
      check_for_missing_value(command, *option);
    }
    option->transform(CLI::Validator(
        [](std::string& value) -> std::string {
          value = unprotected(value);
          return "";
        },
        ""));
  }
  for (CLI::App* part : command.get_subcommands({})) settle_options(*part);
}

}  // namespace fcclip::cli

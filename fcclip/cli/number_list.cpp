#include "fcclip/cli/number_list.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "fcclip/core/plain_text.h"

namespace fcclip::cli {
namespace {

constexpr double kMostSteps = 1000;
constexpr const char* kForm = "expected a number, numbers at commas, or START:END:STEP";

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text + separator);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// 0.1 + 2 · 0.1 is 0.3, as it is where somebody types it.
double as_typed(double value) {
  return std::round(value * 1e10) / 1e10;
}

// Adds what one part between commas stands for; returns what is wrong with it.
std::string read_part(const std::string& part, std::vector<double>& numbers) {
  std::vector<double> values;
  for (const std::string& text : parts_of(part, ':')) {
    const std::optional<double> value = number_of_text(text);
    if (!value) return kForm;
    values.push_back(*value);
  }
  if (values.size() == 1) {
    numbers.push_back(values.front());
    return "";
  }
  if (values.size() != 3) return kForm;
  const double start = values[0], end = values[1], step = values[2];
  if (!(step > 0)) return "the step must be above 0";
  if (end < start) return "the end is below the start";
  const double steps = (end - start) / step;
  if (steps > kMostSteps) return "more than 1000 steps";
  if (std::abs(steps - std::round(steps)) > 1e-6) {
    return "no whole number of steps leads from the start to the end";
  }
  for (int i = 0; i < std::lround(steps); ++i) numbers.push_back(as_typed(start + i * step));
  numbers.push_back(end);
  return "";
}

std::string read_list(const std::string& text, std::vector<double>& numbers) {
  for (const std::string& part : parts_of(text, ',')) {
    std::string wrong = read_part(part, numbers);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

CLI::Validator number_list(double least, double most) {
  return {[=](std::string& text) -> std::string {
            std::vector<double> numbers;
            const std::string wrong = read_list(text, numbers);
            if (!wrong.empty()) return text + ": " + wrong;
            std::ranges::sort(numbers);
            std::ostringstream range;
            range << text << ": expected numbers from " << least << " to " << most;
            if (numbers.front() < least || numbers.back() > most) return range.str();
            if (std::ranges::adjacent_find(numbers) == numbers.end()) return "";
            return text + ": a number is there twice";
          },
          ""};
}

std::vector<double> numbers_at_commas(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& part : parts_of(text, ',')) {
    const std::optional<double> value = number_of_text(part);
    if (!value) return {};
    numbers.push_back(*value);
  }
  return numbers;
}

std::vector<double> listed_numbers(const std::string& text) {
  std::vector<double> numbers;
  read_list(text, numbers);
  return numbers;
}

}  // namespace fcclip::cli

#include "fcclip/measure/measured_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

#include <nlohmann/json.hpp>

#include "fcclip/core/counted.h"
#include "fcclip/core/processor.h"
#include "fcclip/ops/isa.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::measure {
namespace {

constexpr size_t kTableColumns = 8;
using MeasuredRow = std::array<std::string, kTableColumns>;

std::string decimal(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string milliseconds(double seconds) {
  return decimal(seconds * 1e3, seconds < 0.01 ? 2 : seconds < 1 ? 1 : 0);
}

MeasuredRow row_of(const Step& step, const Measured& measured) {
  MeasuredRow row = {step.step,
                     step.what,
                     std::to_string(step.threads),
                     milliseconds(step.median()),
                     milliseconds(step.least()),
                     step.cpu_seconds.empty() ? "" : milliseconds(step.median_cpu()),
                     std::to_string(step.seconds.size()),
                     ""};
  if (step.flop == 0) return row;
  row.back() = decimal(step.flop / step.median() * 1e-9, 0);
  const double share = measured.share_of_peak(step);
  if (share > 0) row.back() += " (" + decimal(100 * share, 0) + " %)";
  return row;
}

// Words to the left, numbers to the right.
void write_measured_rows(std::ostream& out, const std::vector<MeasuredRow>& rows) {
  std::array<size_t, kTableColumns> widths{};
  for (const MeasuredRow& row : rows) {
    for (size_t i = 0; i < kTableColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const MeasuredRow& row : rows) {
    std::string line;
    for (size_t i = 0; i < kTableColumns; ++i) {
      const std::string blanks(widths[i] - row[i].size(), ' ');
      line += "  " + (i < 2 ? row[i] + blanks : blanks + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::string machine_line(const Processor& processor) {
  return (processor.name.empty() ? "a processor" : processor.name) + ", " +
         counted(processor.cores, "core", "cores") + ", " +
         std::string(ops::name(ops::chosen_isa()));
}

}  // namespace

void write_measured(std::ostream& out, const Measured& measured, const Plan& plan) {
  out << machine_line(ask_processor()) << "; " << plan.model.filename().string() << " on "
      << plan.device << ", " << ops::name(plan.products) << "; a picture of "
      << measured.picture.width << "x" << measured.picture.height << '\n';
  out << "multiply-add peak of float32, measured:";
  for (const Peak& peak : measured.peaks) {
    out << (peak.threads == measured.peaks.front().threads ? " " : ", ")
        << decimal(peak.flop_per_second * 1e-9, 0) << " GFLOP/s with "
        << counted(peak.threads, "thread", "threads");
  }
  out << "\n\n";
  std::vector<MeasuredRow> rows = {
      {"step", "of", "threads", "median ms", "least ms", "CPU ms", "repeats", "GFLOP/s (of peak)"}};
  for (const Step& step : measured.steps) rows.push_back(row_of(step, measured));
  write_measured_rows(out, rows);
}

std::string measured_json(const Measured& measured, const Plan& plan) {
  const Processor processor = ask_processor();
  nlohmann::ordered_json all = {
      {"program", std::string("fcclip ") + FCCLIP_VERSION},
      {"processor", processor.name},
      {"cores", processor.cores},
      {"instruction_set", std::string(ops::name(ops::chosen_isa()))},
      {"model", plan.model.string()},
      {"device", plan.device},
      {"dtype", ops::name(plan.products)},
      {"picture", {{"width", measured.picture.width}, {"height", measured.picture.height}}}};
  for (const Peak& peak : measured.peaks) {
    all["peaks"].push_back(
        {{"threads", peak.threads}, {"gflop_per_second", peak.flop_per_second * 1e-9}});
  }
  for (const Step& step : measured.steps) {
    nlohmann::ordered_json entry = {{"step", step.step},
                                    {"of", step.what},
                                    {"threads", step.threads},
                                    {"median_seconds", step.median()},
                                    {"seconds", step.seconds}};
    if (!step.cpu_seconds.empty()) entry["cpu_seconds"] = step.cpu_seconds;
    if (step.flop > 0) {
      entry["gflop"] = step.flop * 1e-9;
      entry["gflop_per_second"] = step.flop / step.median() * 1e-9;
      const double share = measured.share_of_peak(step);
      if (share > 0) entry["share_of_peak"] = share;
    }
    all["steps"].push_back(std::move(entry));
  }
  return outputs::json_text(all);
}

}  // namespace fcclip::measure

#include "fcclip/eval/flat_scores.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/core/plain_text.h"
#include "fcclip/data/registry.h"
#include "fcclip/text/printable.h"

namespace fcclip::eval {
namespace {

// A number of a summary under its short name.
struct Place {
  SummaryTable table;
  const char *group, *metric, *name;
};

// Every one that there may be, in the order in which they are told.
constexpr Place kPlaces[] = {
    {&RunSummary::panoptic, "All", "pq", "PQ"},
    {&RunSummary::panoptic, "All", "sq", "SQ"},
    {&RunSummary::panoptic, "All", "rq", "RQ"},
    {&RunSummary::panoptic, "Things", "pq", "PQ_th"},
    {&RunSummary::panoptic, "Things", "sq", "SQ_th"},
    {&RunSummary::panoptic, "Things", "rq", "RQ_th"},
    {&RunSummary::panoptic, "Stuff", "pq", "PQ_st"},
    {&RunSummary::panoptic, "Stuff", "sq", "SQ_st"},
    {&RunSummary::panoptic, "Stuff", "rq", "RQ_st"},
    {&RunSummary::panoptic, "Seen", "pq", "PQ_seen"},
    {&RunSummary::panoptic, "Unseen", "pq", "PQ_unseen"},
    {&RunSummary::panoptic, "class_agnostic", "pq", "PQ_masks"},
    {&RunSummary::masks, "All", "AP", "AP"},
    {&RunSummary::masks, "All", "AP50", "AP50"},
    {&RunSummary::masks, "All", "AP75", "AP75"},
    {&RunSummary::masks, "All", "APs", "APs"},
    {&RunSummary::masks, "All", "APm", "APm"},
    {&RunSummary::masks, "All", "APl", "APl"},
    {&RunSummary::masks, "Seen", "AP", "AP_seen"},
    {&RunSummary::masks, "Unseen", "AP", "AP_unseen"},
    {&RunSummary::boxes, "All", "AP", "box_AP"},
    {&RunSummary::boxes, "All", "AP50", "box_AP50"},
    {&RunSummary::boxes, "All", "AP75", "box_AP75"},
    {&RunSummary::boxes, "All", "APs", "box_APs"},
    {&RunSummary::boxes, "All", "APm", "box_APm"},
    {&RunSummary::boxes, "All", "APl", "box_APl"},
    {&RunSummary::boxes, "Seen", "AP", "box_AP_seen"},
    {&RunSummary::boxes, "Unseen", "AP", "box_AP_unseen"},
    {&RunSummary::semantic, "All", "mIoU", "mIoU"},
    {&RunSummary::semantic, "All", "fwIoU", "fwIoU"},
    {&RunSummary::semantic, "All", "mACC", "mACC"},
    {&RunSummary::semantic, "All", "pACC", "pACC"},
    {&RunSummary::semantic, "All", "mBIoU", "mBIoU"},
    {&RunSummary::semantic, "Seen", "mIoU", "mIoU_seen"},
    {&RunSummary::semantic, "Unseen", "mIoU", "mIoU_unseen"},
    {&RunSummary::cityscapes_instances, "All", "AP", "cityscapes_AP"},
    {&RunSummary::cityscapes_instances, "All", "AP50", "cityscapes_AP50"},
    {&RunSummary::cityscapes_semantic, "All", "IoU", "cityscapes_IoU"},
    {&RunSummary::cityscapes_semantic, "All", "iIoU", "cityscapes_iIoU"},
    {&RunSummary::cityscapes_semantic, "All", "category IoU", "cityscapes_category_IoU"},
    {&RunSummary::cityscapes_semantic, "All", "category iIoU", "cityscapes_category_iIoU"}};

double number_of(std::string_view text, std::string_view whole) {
  const std::optional<double> value = number_of_text(trimmed(text, " "));
  if (value) return *value;
  fail(ErrorCode::invalid_argument, "expected figure ", text::printable(whole), ": \"",
       text::printable(trimmed(text, " ")), "\" is no number; write PQ>=20 or PQ=26.8+-0.1");
}

Expectation one_expectation(std::string_view text) {
  const std::string_view whole = text;
  Expectation out;
  const size_t at = text.find_first_of("<>=");
  if (const size_t colon = text.substr(0, at).find(':'); colon != std::string_view::npos) {
    out.data_set = trimmed(text.substr(0, colon), " ");
    text.remove_prefix(colon + 1);
  }
  const size_t sign = text.find_first_of("<>=");
  out.metric = trimmed(text.substr(0, sign), " ");
  if (sign == std::string_view::npos || out.metric.empty()) {
    fail(ErrorCode::invalid_argument, "expected figure ", text::printable(whole),
         ": write PQ>=20, PQ=26.8+-0.1 or ade20k_150:mIoU>=30");
  }
  table_of(out.metric);  // a run of days must not find out at its end
  const bool is_long = text[sign] != '=' && sign + 1 < text.size() && text[sign + 1] == '=';
  out.sign = text.substr(sign, is_long ? 2 : 1);
  std::string_view value = text.substr(sign + out.sign.size());
  if (const size_t tolerance = value.find("+-"); tolerance != std::string_view::npos) {
    out.tolerance = number_of(value.substr(tolerance + 2), whole);
    if (out.sign != "=" || out.tolerance < 0) {
      fail(ErrorCode::invalid_argument, "expected figure ", text::printable(whole),
           ": +- belongs to a figure with =, and a number from 0 behind it");
    }
    value = value.substr(0, tolerance);
  }
  out.value = number_of(value, whole);
  return out;
}

bool is_met(const Expectation& expected, double value) {
  if (expected.sign == ">=") return value >= expected.value;
  if (expected.sign == "<=") return value <= expected.value;
  if (expected.sign == ">") return value > expected.value;
  if (expected.sign == "<") return value < expected.value;
  return std::abs(value - expected.value) <= expected.tolerance;
}

}  // namespace

std::map<std::string, double> flat_scores(const RunSummary& summary) {
  std::map<std::string, double> flat;
  for (const Place& place : kPlaces) {
    const std::optional<ScoreTable>& table = summary.*place.table;
    if (!table) continue;
    if (const Score value = table->value(place.group, place.metric)) flat[place.name] = *value;
  }
  return flat;
}

SummaryTable table_of(std::string_view metric) {
  std::vector<std::string> names;
  for (const Place& place : kPlaces) {
    if (lower_ascii(place.name) == lower_ascii(metric)) return place.table;
    names.emplace_back(place.name);
  }
  fail(ErrorCode::invalid_argument, "no metric '", text::printable(metric), "'",
       did_you_mean(metric, names), "; there are ", listed(names));
}

bool Expectation::is_about(std::string_view name) const {
  if (data_set.empty() || lower_ascii(data_set) == lower_ascii(name)) return true;
  const data::DatasetSpec* const known = data::known_dataset(data_set);
  return known != nullptr && known == data::known_dataset(name);
}

std::vector<Expectation> parse_expectations(std::string_view text) {
  std::vector<Expectation> out;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = trimmed(text.substr(0, comma), " ");
    if (!part.empty()) out.push_back(one_expectation(part));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

std::vector<std::string> missed(const std::vector<Expectation>& expected,
                                const std::map<std::string, double>& scores,
                                std::string_view data_set) {
  std::vector<std::string> out;
  for (const Expectation& one : expected) {
    if (!one.is_about(data_set)) continue;
    const auto found = std::ranges::find_if(scores, [&](const auto& score) {
      return lower_ascii(score.first) == lower_ascii(one.metric);
    });
    std::ostringstream line;
    line.precision(6);
    if (found == scores.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : scores) names.push_back(name);
      line << "there is no " << text::printable(one.metric) << ", only " << listed(names);
    } else if (is_met(one, found->second)) {
      continue;
    } else {
      line << found->first << " is " << found->second << ", expected " << one.sign << one.value;
      if (one.tolerance > 0) line << "+-" << one.tolerance;
    }
    out.push_back(line.str());
  }
  return out;
}

}  // namespace fcclip::eval

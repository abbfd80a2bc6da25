#include "fcclip/eval/flat_scores.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/text/printable.h"

namespace fcclip::eval {
namespace {

using Flat = std::map<std::string, double>;

struct Name {
  const char *group, *metric, *flat;
};

void add_scores(Flat& flat, const std::optional<ScoreTable>& table, const std::string& prefix,
                const std::vector<Name>& names) {
  if (!table) return;
  for (const auto& [group, metric, name] : names) {
    if (const Score value = table->value(group, metric)) flat[prefix + name] = *value;
  }
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

double number_of(std::string_view text, std::string_view whole) {
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    fail(ErrorCode::invalid_argument, "expected figure ", text::printable(whole), ": \"",
         text::printable(text), "\" is no number; write PQ>=20 or PQ=26.8+-0.1");
  }
  return value;
}

// Every name that flat_scores may give.
const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> kNames = {"PQ",
                                                  "SQ",
                                                  "RQ",
                                                  "PQ_th",
                                                  "SQ_th",
                                                  "RQ_th",
                                                  "PQ_st",
                                                  "SQ_st",
                                                  "RQ_st",
                                                  "PQ_seen",
                                                  "PQ_unseen",
                                                  "PQ_masks",
                                                  "AP",
                                                  "AP50",
                                                  "AP75",
                                                  "APs",
                                                  "APm",
                                                  "APl",
                                                  "AP_seen",
                                                  "AP_unseen",
                                                  "box_AP",
                                                  "box_AP50",
                                                  "box_AP75",
                                                  "box_APs",
                                                  "box_APm",
                                                  "box_APl",
                                                  "box_AP_seen",
                                                  "box_AP_unseen",
                                                  "mIoU",
                                                  "fwIoU",
                                                  "mACC",
                                                  "pACC",
                                                  "mBIoU",
                                                  "mIoU_seen",
                                                  "mIoU_unseen",
                                                  "cityscapes_AP",
                                                  "cityscapes_AP50",
                                                  "cityscapes_IoU",
                                                  "cityscapes_iIoU",
                                                  "cityscapes_category_IoU",
                                                  "cityscapes_category_iIoU"};
  return kNames;
}

// A run of days must not find out at its end.
void check_metric(const std::string& metric) {
  for (const std::string& name : metric_names()) {
    if (lower_case(name) == lower_case(metric)) return;
  }
  fail(ErrorCode::invalid_argument, "no metric '", text::printable(metric), "'",
       did_you_mean(metric, metric_names()), "; there are ", listed(metric_names()));
}

Expectation one_expectation(std::string_view text) {
  const std::string_view whole = text;
  Expectation out;
  const size_t at = text.find_first_of("<>=");
  if (const size_t colon = text.substr(0, at).find(':'); colon != std::string_view::npos) {
    out.data_set = trimmed(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  const size_t sign = text.find_first_of("<>=");
  out.metric = trimmed(text.substr(0, sign));
  if (sign == std::string_view::npos || out.metric.empty()) {
    fail(ErrorCode::invalid_argument, "expected figure ", text::printable(whole),
         ": write PQ>=20, PQ=26.8+-0.1 or ade20k_150:mIoU>=30");
  }
  check_metric(out.metric);
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
  Flat flat;
  add_scores(flat, summary.panoptic, "",
             {{"All", "pq", "PQ"},
              {"All", "sq", "SQ"},
              {"All", "rq", "RQ"},
              {"Things", "pq", "PQ_th"},
              {"Things", "sq", "SQ_th"},
              {"Things", "rq", "RQ_th"},
              {"Stuff", "pq", "PQ_st"},
              {"Stuff", "sq", "SQ_st"},
              {"Stuff", "rq", "RQ_st"},
              {"Seen", "pq", "PQ_seen"},
              {"Unseen", "pq", "PQ_unseen"},
              {"class_agnostic", "pq", "PQ_masks"}});
  const std::vector<Name> ap = {{"All", "AP", "AP"},       {"All", "AP50", "AP50"},
                                {"All", "AP75", "AP75"},   {"All", "APs", "APs"},
                                {"All", "APm", "APm"},     {"All", "APl", "APl"},
                                {"Seen", "AP", "AP_seen"}, {"Unseen", "AP", "AP_unseen"}};
  add_scores(flat, summary.masks, "", ap);
  add_scores(flat, summary.boxes, "box_", ap);
  add_scores(flat, summary.semantic, "",
             {{"All", "mIoU", "mIoU"},
              {"All", "fwIoU", "fwIoU"},
              {"All", "mACC", "mACC"},
              {"All", "pACC", "pACC"},
              {"All", "mBIoU", "mBIoU"},
              {"Seen", "mIoU", "mIoU_seen"},
              {"Unseen", "mIoU", "mIoU_unseen"}});
  add_scores(flat, summary.cityscapes_instances, "cityscapes_",
             {{"All", "AP", "AP"}, {"All", "AP50", "AP50"}});
  add_scores(flat, summary.cityscapes_semantic, "cityscapes_",
             {{"All", "IoU", "IoU"},
              {"All", "iIoU", "iIoU"},
              {"All", "category IoU", "category_IoU"},
              {"All", "category iIoU", "category_iIoU"}});
  return flat;
}

std::vector<Expectation> parse_expectations(std::string_view text) {
  std::vector<Expectation> out;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = trimmed(text.substr(0, comma));
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
    if (!one.data_set.empty() && lower_case(one.data_set) != lower_case(data_set)) continue;
    const auto found = std::ranges::find_if(scores, [&](const auto& score) {
      return lower_case(score.first) == lower_case(one.metric);
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

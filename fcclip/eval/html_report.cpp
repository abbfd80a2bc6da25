#include "fcclip/eval/html_report.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/data/truth_masks.h"
#include "fcclip/image/contact_sheet.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/overlay.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/results/coco_json.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr size_t kExtremes = 4;

const char* const kStyle =
    "<style>body{font:15px system-ui,sans-serif;margin:2em auto;max-width:70em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;text-align:right}"
    "th:first-child,td:first-child{text-align:left}tr:nth-child(even){background:#f3f3f3}"
    ".bar{display:inline-block;height:.8em;background:#3572b0}img{max-width:100%}"
    ".bars{columns:2}.bars div{white-space:nowrap;font-size:13px}"
    ".bars span.n{display:inline-block;width:11em;overflow:hidden;text-overflow:ellipsis;"
    "vertical-align:bottom}</style>";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string number(const json& value) {
  if (!value.is_number()) return "–";
  if (value.is_number_integer()) return value.dump();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value.get<double>());
  return text;
}

std::string base64(const std::string& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

// The keys of the scores as people write them.
std::string heading(const std::string& key) {
  static const std::map<std::string, std::string> kHeadings = {
      {"pq", "PQ"},
      {"sq", "SQ"},
      {"rq", "RQ"},
      {"n", "classes"},
      {"class_agnostic", "Class-agnostic"}};
  const auto found = kHeadings.find(key);
  return found == kHeadings.end() ? key : found->second;
}

// Rows are groups of classes, columns numbers.
void write_table(std::ostream& out, const std::string& title, const json& part,
                 const std::vector<std::string>& columns) {
  out << "<table><tr><th>" << escaped(title) << "</th>";
  for (const std::string& column : columns) out << "<th>" << heading(column) << "</th>";
  out << "</tr>\n";
  for (const char* group : {"All", "Things", "Stuff", "Seen", "Unseen", "class_agnostic"}) {
    if (!part.contains(group)) continue;
    out << "<tr><td>" << heading(group) << "</td>";
    for (const std::string& column : columns) {
      out << "<td>" << number(part[group].value(column, json())) << "</td>";
    }
    out << "</tr>\n";
  }
  out << "</table>\n";
}

void write_tables(std::ostream& out, const json& scores) {
  for (const char* classifier : {"ensemble", "in", "out"}) {
    if (!scores.contains(classifier)) continue;
    const json& one = scores[classifier];
    out << "<h2>Classifier: " << classifier << "</h2>\n";
    if (one.contains("panoptic")) {
      write_table(out, "Panoptic", one["panoptic"], {"pq", "sq", "rq", "n"});
    }
    if (one.contains("instances")) {
      const std::vector<std::string> columns = {"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                                                "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
      write_table(out, "Masks", one["instances"]["masks"], columns);
      write_table(out, "Boxes", one["instances"]["boxes"], columns);
    }
    if (one.contains("semantic")) {
      write_table(out, "Semantic", one["semantic"], {"mIoU", "fwIoU", "mACC", "pACC", "mBIoU"});
    }
  }
}

void write_bars(std::ostream& out, const std::string& title, const json& rows,
                const std::string& key) {
  out << "<h2>" << title << " of each class</h2><div class=bars>\n";
  std::vector<json> sorted;
  for (const json& row : rows) {
    if (row.value(key, json()).is_number()) sorted.push_back(row);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [&](const json& a, const json& b) {
    return a[key].get<double>() > b[key].get<double>();
  });
  for (const json& row : sorted) {
    out << "<div><span class=n>" << escaped(row["name"])
        << "</span> <span class=bar style=\"width:" << row[key].get<double>() * 1.6
        << "px\"></span> " << number(row[key]) << "</div>\n";
  }
  out << "</div>\n";
}

// A cell, the darker the larger; its number stays readable.
void write_share(std::ostream& out, double share, bool is_right) {
  char cell[160];
  std::snprintf(cell, sizeof cell, "<td style=\"background:rgba(%s,%.2f);color:%s\">%.0f</td>",
                is_right ? "53,114,176" : "190,60,40", share, share > 0.5 ? "#fff" : "#222",
                100 * share);
  out << cell;
}

// The matrix of the classes with the most pixels, as shares of the truth.
void write_confusion(std::ostream& out, const SemanticScore& score,
                     const classify::Vocabulary& vocabulary) {
  const int64_t classes = score.classes(), side = classes + 1;
  std::vector<std::pair<int64_t, int64_t>> frequent;
  for (int64_t k = 0; k < classes; ++k) {
    int64_t pixels = 0;
    for (int64_t row = 0; row < classes; ++row) pixels += score.confusion()[row * side + k];
    if (pixels > 0) frequent.push_back({-pixels, k});
  }
  if (frequent.empty()) return;
  std::sort(frequent.begin(), frequent.end());
  if (frequent.size() > 25) frequent.resize(25);
  out << "<h2>Confusion, percent of the true pixels (row: truth)</h2><table><tr><th></th>";
  for (const auto& [pixels, k] : frequent) {
    out << "<th>" << escaped(vocabulary.classes[k].synonyms.front()) << "</th>";
  }
  out << "<th>others</th></tr>\n";
  for (const auto& [pixels, truth] : frequent) {
    out << "<tr><td>" << escaped(vocabulary.classes[truth].synonyms.front()) << "</td>";
    double rest = 1;
    for (const auto& [ignored, answer] : frequent) {
      const double share = -static_cast<double>(score.confusion()[answer * side + truth]) /
                           static_cast<double>(pixels);
      rest -= share;
      write_share(out, share, answer == truth);
    }
    write_share(out, std::max(0.0, rest), false);
    out << "</tr>\n";
  }
  out << "</table>\n";
}

// Segments by class, with their names.
image::OverlayInput named_overlay(const at::Tensor& ids,
                                  const std::vector<data::TruthSegment>& segments,
                                  const classify::Vocabulary& vocabulary) {
  image::OverlayInput input{ids, {}};
  for (const data::TruthSegment& segment : segments) {
    const classify::VocabularyClass& entry = vocabulary.classes[segment.class_index];
    image::OverlaySegment drawn;
    drawn.id = segment.id;
    drawn.label = entry.synonyms.front();
    drawn.colour = entry.colour_rgb;
    drawn.is_thing = entry.is_thing;
    input.segments.push_back(std::move(drawn));
  }
  return input;
}

image::OverlayInput answer_overlay(const ReportInput& input, const std::string& name) {
  const fs::path labels = input.predictions / "semantic" / (name + ".png");
  if (fs::exists(labels)) {
    data::Sample sample;
    data::paint_labels(image::read_png_exact(labels), sample);
    return named_overlay(sample.ids, sample.segments, input.benchmark.vocabulary());
  }
  image::OverlayInput overlay;
  const fs::path panoptic = input.predictions / "panoptic" / (name + ".png");
  if (!fs::exists(panoptic)) return overlay;
  overlay.ids = results::ids_of_rgb(image::read_png_exact(panoptic));
  for (const auto& [id, area] : data::areas_of_ids(overlay.ids)) {
    image::OverlaySegment segment;
    segment.id = id;
    if (id > 0) overlay.segments.push_back(std::move(segment));
  }
  return overlay;
}

void write_picture(std::ostream& out, const ReportInput& input, const RankedPicture& picture) {
  const data::Sample truth = input.benchmark.get(picture.index);
  image::OverlayOptions options;
  options.min_longer_side = options.max_longer_side = 560;
  const at::Tensor left = image::draw_overlay(
      truth.rgb, named_overlay(truth.ids, truth.segments, input.benchmark.vocabulary()), options);
  const at::Tensor right =
      image::draw_overlay(truth.rgb, answer_overlay(input, picture.name), options);
  const at::Tensor both = image::tile_images({left, right}, 2);
  out << "<p>" << escaped(picture.name) << ": " << number(picture.score)
      << "<br><img src=\"data:image/jpeg;base64," << base64(image::encode_jpeg(both, 80))
      << "\"></p>\n";
}

}  // namespace

void keep_extremes(std::vector<RankedPicture>& kept, RankedPicture picture) {
  if (picture.score < 0) return;
  const auto place = std::upper_bound(
      kept.begin(), kept.end(), picture,
      [](const RankedPicture& a, const RankedPicture& b) { return a.score > b.score; });
  kept.insert(place, std::move(picture));
  if (kept.size() > 2 * kExtremes) kept.erase(kept.begin() + kExtremes);
}

void write_html_report(const fs::path& path, const ReportInput& input) {
  const json& one = input.scores.at(input.classifier);
  io::write_atomically(path, [&](std::ostream& out) {
    const std::string name = input.scores.at("dataset");
    out << "<!doctype html><html lang=en><meta charset=utf-8><title>" << escaped(name) << "</title>"
        << kStyle << "<h1>" << escaped(name) << ", " << input.scores.at("images")
        << " images</h1>\n";
    write_tables(out, input.scores);
    if (one.contains("panoptic")) write_bars(out, "PQ", one["panoptic"]["per_class"], "pq");
    if (one.contains("instances")) {
      write_bars(out, "Mask AP", one["instances"]["masks"]["per_class"], "AP");
    }
    if (one.contains("semantic")) write_bars(out, "IoU", one["semantic"]["per_class"], "IoU");
    write_confusion(out, input.confusion, input.benchmark.vocabulary());
    if (!input.predictions.empty() && !input.ranked.empty()) {
      out << "<h2>Best and worst pictures (truth left, answer right)</h2>\n";
      for (const RankedPicture& picture : input.ranked) write_picture(out, input, picture);
    }
    out << "</html>\n";
  });
}

}  // namespace fcclip::eval

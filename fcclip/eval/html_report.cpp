#include "fcclip/eval/html_report.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/data/truth_masks.h"
#include "fcclip/draw/contact_sheet.h"
#include "fcclip/draw/overlay.h"
#include "fcclip/draw/vocabulary_colours.h"
#include "fcclip/eval/html_text.h"
#include "fcclip/eval/report_tables.h"
#include "fcclip/eval/truth_overlay.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr size_t kExtremes = 4;

const char* const kPageStyle =
    "<style>body{font:15px system-ui,sans-serif;margin:2em auto;padding:0 1em;max-width:70em;"
    "color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .6em;text-align:right}"
    "th:first-child,td:first-child{text-align:left}tr:nth-child(even){background:#f3f3f3}"
    "th.g,td.g{border-left:2px solid #ccc}th.g{text-align:center}"
    ".many td,.many th{padding:.2em .35em}.many td{font-size:14px}.many th.g{padding-left:.6em}"
    ".many td.g{padding-left:.6em}.scroll{overflow-x:auto}img{max-width:100%}"
    ".bar{display:inline-block;height:.8em;background:#3572b0}td.b{text-align:left;min-width:165px}"
    ".run{font-size:13px}.run td{text-align:left;overflow-wrap:anywhere}"
    ".run td:first-child{white-space:nowrap}"
    ".confusion{font-size:12px}.confusion td,.confusion th{padding:.15em .3em;min-width:1.6em}"
    ".confusion th{vertical-align:bottom}.confusion th span{writing-mode:vertical-rl;"
    "transform:rotate(180deg);font-weight:normal}</style>";

// Draws the segments of truth and answer.
class PairPainter {
 public:
  explicit PairPainter(const ReportInput& input)
      : input_(input), colours_(draw::vocabulary_colours(input.benchmark.vocabulary())) {}

  at::Tensor draw(const RankedPicture& picture) const {
    const data::Sample truth = input_.benchmark.get(picture.index);
    draw::OverlayOptions options;
    options.font_folder = input_.font_folder;
    options.class_colours = colours_;
    options.min_longer_side = options.max_longer_side = 560;
    return draw::tile_images(
        {draw::draw_overlay(truth.rgb, overlay(truth.ids, truth.segments), options),
         draw::draw_overlay(truth.rgb, answer(picture), options)},
        2);
  }

 private:
  results::Segmentation overlay(const at::Tensor& ids,
                                const std::vector<data::TruthSegment>& segments) const {
    return truth_overlay(ids, segments, input_.benchmark.vocabulary());
  }

  results::Segmentation answer(const RankedPicture& picture) const {
    const std::string file = picture.name + ".png";
    const fs::path panoptic = input_.predictions / "panoptic" / file;
    if (fs::exists(panoptic)) {
      return overlay(image::ids_of_rgb(image::read_png_exact(panoptic)), picture.answer);
    }
    const fs::path labels = input_.predictions / "semantic" / file;
    if (!fs::exists(labels)) return {{}, results::InstanceSegmentation{}};
    data::Sample sample;
    data::paint_labels(image::read_png_exact(labels), sample);
    return overlay(sample.ids, sample.segments);
  }

  const ReportInput& input_;
  std::vector<draw::Colour> colours_;
};

void write_pictures(std::ostream& out, const ReportInput& input) {
  if (input.predictions.empty() || input.ranked.empty()) return;
  out << "<h2>Best and worst pictures (truth left, answer right)</h2>\n";
  const PairPainter painter(input);
  for (const RankedPicture& picture : input.ranked) {
    out << "<p>" << html_escaped(picture.name) << ": " << picture.metric << " "
        << html_number(picture.score) << "<br><img src=\"data:image/jpeg;base64,"
        << base64(image::encode_jpeg(painter.draw(picture), 80)) << "\"></p>\n";
  }
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
    const std::string name = html_escaped(input.scores.at("dataset").get<std::string>());
    out << "<!doctype html><html lang=en><meta charset=utf-8>"
           "<meta name=viewport content=\"width=device-width\"><title>"
        << name << "</title>" << kPageStyle << "<h1>" << name << ", " << input.scores.at("images")
        << " images</h1>\n";
    write_score_tables(out, input.scores);
    if (input.scores.contains("run")) write_run_table(out, input.scores["run"]);
    write_class_tables(out, one);
    write_confusion_table(out, input.confusion, input.benchmark.vocabulary());
    write_pictures(out, input);
    out << "</html>\n";
  });
}

}  // namespace fcclip::eval

#include "fcclip/eval/html_report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

#include <ATen/ATen.h>

#include "fcclip/data/truth_masks.h"
#include "fcclip/draw/contact_sheet.h"
#include "fcclip/draw/overlay.h"
#include "fcclip/draw/vocabulary_colours.h"
#include "fcclip/eval/html_text.h"
#include "fcclip/eval/report_tables.h"
#include "fcclip/eval/sweep_report.h"
#include "fcclip/eval/truth_overlay.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"

extern "C" {
// The page without its tables and pictures (EmbedFiles.cmake).
extern const char fcclip_embedded_report_html_begin[], fcclip_embedded_report_html_end[];
}

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

constexpr size_t kExtremes = 4;

// Writes the page with each {{PLACE}} filled.
void fill_page(std::ostream& out,
               const std::map<std::string_view, std::function<void(std::ostream&)>>& places) {
  std::string_view rest(fcclip_embedded_report_html_begin, fcclip_embedded_report_html_end);
  for (size_t at = rest.find("{{"); at != std::string_view::npos; at = rest.find("{{")) {
    const size_t end = rest.find("}}", at);
    out << rest.substr(0, at);
    places.at(rest.substr(at + 2, end - at - 2))(out);
    rest.remove_prefix(end + 2);
  }
  out << rest;
}

// Draws the segments of truth and answer.
class PairPainter {
 public:
  explicit PairPainter(const ReportInput& input)
      : input_(input), colours_(draw::vocabulary_colours(input.split.vocabulary())) {}

  at::Tensor draw(const RankedPicture& picture) const {
    const data::Sample truth = input_.split.get(picture.index);
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
    return truth_overlay(ids, segments, input_.split.vocabulary());
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
        << html_number(picture.score, false) << "<br><img src=\"data:image/jpeg;base64,"
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
  const auto write_body = [&](std::ostream& out) {
    if (input.scores.sweep) write_sweep(out, *input.scores.sweep);
    write_score_tables(out, input.scores);
    write_run_table(out, input.facts);
    write_class_tables(out, input.scores.classifiers.at(input.classifier));
    write_confusion_table(out, input.confusion, input.split.vocabulary());
    write_pictures(out, input);
  };
  io::write_atomically(path, [&](std::ostream& out) {
    const std::string name = html_escaped(input.scores.data_set);
    fill_page(out, {{"NAME", [&](std::ostream& to) { to << name; }},
                    {"IMAGES", [&](std::ostream& to) { to << input.scores.pictures; }},
                    {"BODY", write_body}});
  });
}

}  // namespace fcclip::eval

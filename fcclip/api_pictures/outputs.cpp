// Answers as pictures and files.

#include <algorithm>

#include "fcclip/api/answers.h"
#include "fcclip/api/pixels.h"
#include "fcclip/api/words.h"
#include "fcclip/core/boundary.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/draw/vocabulary_colours.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/outline_writers.h"
#include "fcclip/outputs/render.h"
#include "fcclip/outputs/segments_json.h"

namespace fcclip {
inline namespace v1 {
namespace {

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const outputs::KindFacts& facts : outputs::output_kinds()) {
    // A gallery is of many pictures.
    if (facts.kind != outputs::OutputKind::gallery) names.push_back(facts.name);
  }
  return names;
}

outputs::OutputKind kind_named(const std::string& name) {
  for (const outputs::KindFacts& facts : outputs::output_kinds()) {
    if (facts.name == name && facts.kind != outputs::OutputKind::gallery) return facts.kind;
  }
  fail(ErrorCode::invalid_argument, "no kind of output is called '", name, "'",
       did_you_mean(name, kind_names()));
}

void check_size(const PictureView& picture, const Segmentation& answer) {
  if (picture.height != answer.size.height || picture.width != answer.size.width) {
    fail(ErrorCode::shape_mismatch, "the answer is of ", answer.size.width, " x ",
         answer.size.height, " pixels, the picture of ", picture.width, " x ", picture.height);
  }
}

const std::string& known_palette(const std::string& name) {
  if (!name.empty()) draw::check_palette(name, "palette");
  return name;
}

}  // namespace

std::vector<std::string> output_kinds() {
  return translating_errors(kind_names);
}

std::string to_json(const Segmentation& answer, const std::string& image_name, MaskForm masks) {
  return translating_errors([&] {
    nlohmann::json json =
        outputs::to_json(segmentation_of(answer), static_cast<outputs::MaskForm>(masks));
    json["image"] = image_name;
    return outputs::json_line(json);
  });
}

std::optional<Task> task_of_kind(const std::string& kind) {
  return translating_errors([&]() -> std::optional<Task> {
    const std::optional<results::Task> task = outputs::facts_of(kind_named(kind)).task;
    if (!task) return {};
    return static_cast<Task>(*task);
  });
}

std::vector<std::string> default_output_kinds(Task task) {
  return translating_errors([&] {
    std::vector<std::string> names;
    for (const outputs::OutputKind kind :
         outputs::default_output_kinds(static_cast<results::Task>(task)))
      names.push_back(outputs::facts_of(kind).name);
    return names;
  });
}

Picture draw_overlay(const PictureView& picture, const Segmentation& answer, const Words& words,
                     const OverlayOptions& options) {
  return translating_errors([&] {
    check_size(picture, answer);
    if (!(options.fill_opacity >= 0 && options.fill_opacity <= 1)) {
      fail(ErrorCode::invalid_argument, "fill_opacity is ", options.fill_opacity,
           "; expected 0 to 1");
    }
    outputs::RenderOptions render;
    render.log = options.log;
    render.overlay.palette = known_palette(options.palette);
    render.overlay.boxes = options.boxes;
    render.overlay.scores = options.scores;
    render.overlay.options.labels = options.labels;
    render.overlay.options.outlines = options.outlines;
    render.overlay.options.fill_opacity = options.fill_opacity;
    const outputs::Picture drawn_on{"", rgb_tensor(picture)};
    const results::Segmentation found = segmentation_of(answer);
    const classify::Vocabulary vocabulary = vocabulary_of(words);
    return picture_of(outputs::overlay_picture({drawn_on, found, vocabulary}, render));
  });
}

std::vector<OutputFile> render(const std::string& kind, const PictureView& picture,
                               const Segmentation& answer, const Words& words,
                               const Source& source) {
  return translating_errors([&] {
    check_size(picture, answer);
    outputs::RenderOptions options;
    options.tolerance_px = source.tolerance_px;
    options.log = source.log;
    options.overlay.palette = known_palette(source.palette);
    const outputs::Picture segmented{source.image_name, rgb_tensor(picture)};
    const results::Segmentation found = segmentation_of(answer);
    const classify::Vocabulary vocabulary = vocabulary_of(words);
    std::vector<OutputFile> files;
    const outputs::OutputKind wanted = kind_named(kind);
    if (wanted == outputs::OutputKind::yolo)
      files.push_back({"data.yaml", outputs::yolo_data_yaml(vocabulary, {".", ".", ".", ""})});
    for (outputs::OutputFile& file :
         outputs::render(wanted, source.stem, {segmented, found, vocabulary}, options)) {
      files.push_back({std::move(file.name), std::move(file.bytes)});
    }
    return files;
  });
}

}  // namespace v1
}  // namespace fcclip

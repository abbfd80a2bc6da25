#include "fcclip/runs/shown_objects.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include <ATen/ATen.h>

#include "fcclip/classify/markings.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/image/image_file.h"
#include "fcclip/segmenter/examples.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;

// "FILE[:MASK]=NAME" in its parts.
struct ExampleText {
  std::string file, mask, name;
};

[[noreturn]] void refuse_example(const std::string& text, const std::string& why) {
  fail(ErrorCode::invalid_argument, "--example ", text, ": ", why,
       "; expected FILE=NAME or FILE:MASK=NAME");
}

ExampleText split_example(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos) refuse_example(text, "no name");
  ExampleText parts{text.substr(0, equals), "", text.substr(equals + 1)};
  const size_t begin = parts.name.find_first_not_of(" \t");
  parts.name.erase(0, begin == std::string::npos ? parts.name.size() : begin);
  parts.name.erase(parts.name.find_last_not_of(" \t") + 1);
  if (parts.name.empty()) refuse_example(text, "no name");
  if (parts.name.find_first_of(",|") != std::string::npos) {
    refuse_example(text, "a name with a comma or bar in it");
  }
  std::error_code ignored;
  const size_t colon = parts.file.rfind(':');
  if (colon != std::string::npos && !fs::exists(parts.file, ignored)) {
    parts.mask = parts.file.substr(colon + 1);
    parts.file.erase(colon);
    if (parts.mask.empty()) refuse_example(text, "no mask behind the colon");
  }
  if (parts.file.empty()) refuse_example(text, "no picture");
  return parts;
}

// Over grey, which says least of where the object was.
at::Tensor over_grey(const at::Tensor& rgba) {
  const at::Tensor alpha = rgba.slice(2, 3, 4).to(at::kFloat) / 255;
  return (rgba.slice(2, 0, 3).to(at::kFloat) * alpha + 128 * (1 - alpha)).round().to(at::kByte);
}

at::Tensor read_object_mask(const std::string& path, const at::Tensor& rgb) {
  const at::Tensor stored = image::read_png_exact(path);
  const at::Tensor mask = stored.dim() == 3 ? stored.ne(0).any(2) : stored.ne(0);
  if (mask.size(0) != rgb.size(0) || mask.size(1) != rgb.size(1)) {
    fail(ErrorCode::invalid_argument, path, ": a mask of ", mask.size(1), " x ", mask.size(0),
         " pixels for a picture of ", rgb.size(1), " x ", rgb.size(0), "; both must be one size");
  }
  return mask;
}

ShownObject read_parts(const ExampleText& text) {
  ShownObject shown{text.name, text.file, {}, {}};
  const std::optional<at::Tensor> cut_out = image::read_cut_out(text.file);
  shown.rgb = cut_out ? over_grey(*cut_out) : image::read_rgb(text.file);
  if (!text.mask.empty()) {
    shown.mask = read_object_mask(text.mask, shown.rgb);
  } else if (cut_out) {
    shown.mask = cut_out->select(2, 3).ge(128);
  }
  if (shown.mask.defined() && !shown.mask.any().item<bool>()) {
    fail(ErrorCode::invalid_argument, text.mask.empty() ? text.file : text.mask,
         text.mask.empty() ? ": a cut-out of which nothing is to be seen (no pixel is half opaque)"
                           : ": an empty mask; pixels of the object must not be 0");
  }
  return shown;
}

// What stands in the middle of a picture: the best thing there, else the best stuff.
int64_t query_in_the_middle(const segmenter::Segmenter& segmenter, const ShownObject& shown,
                            const segmenter::EncodedImage& image,
                            const segmenter::PreparedVocabulary& words, const LogCallback& log) {
  segmenter::AskOptions options = segmenter.ask_defaults();
  options.next_best = 0;
  const segmenter::Place middle{
      {{static_cast<double>(shown.rgb.size(1)) / 2, static_cast<double>(shown.rgb.size(0)) / 2}}};
  const results::Segmentation found = segmenter.at(image, words, middle, options);
  const std::vector<results::Segment>& segments = found.segments();
  if (segments.empty()) {
    fail(ErrorCode::invalid_argument, "--example ", shown.file,
         ": nothing stands in the middle of "
         "the picture; say where the object is: ",
         shown.file, ":MASK.png=", shown.name);
  }
  auto taken = std::ranges::find_if(segments, &results::Segment::is_thing);
  if (taken == segments.end()) taken = segments.begin();
  const int64_t percent = 100 * taken->area_px / (shown.rgb.size(0) * shown.rgb.size(1));
  log(LogLevel::info, shown.file + ": no mask, so " + shown.name +
                          " is what stands in the middle (" + std::to_string(percent) +
                          " % of the picture, \"" + taken->name + "\" to the model)");
  return taken->query;
}

segmenter::Example see(const segmenter::Segmenter& segmenter, const ShownObject& shown,
                       const segmenter::PreparedVocabulary& words, const LogCallback& log) {
  if (shown.mask.defined()) return segmenter::see_object(segmenter, shown.rgb, shown.mask, words);
  const segmenter::EncodedImage image = segmenter.encode(shown.rgb);
  return segmenter::example_of(segmenter, image,
                               query_in_the_middle(segmenter, shown, image, words, log), words);
}

}  // namespace

ShownObject read_shown_object(const std::string& text) {
  return read_parts(split_example(text));
}

void show_objects(const segmenter::Segmenter& segmenter, const std::vector<ShownObject>& shown,
                  std::vector<classify::Vocabulary>& questions, const ShowOptions& options) {
  if (shown.empty()) return;
  const segmenter::PreparedVocabulary words = segmenter.prepare(questions.front());
  std::map<std::string, std::vector<segmenter::Example>> examples;
  int64_t done = 0;
  for (const ShownObject& one : shown) {
    report_progress(options.progress, done++, std::ssize(shown), "examples");
    examples[one.name].push_back(see(segmenter, one, words, options.log));
  }
  for (classify::Vocabulary& question : questions) {
    const segmenter::PreparedVocabulary asked_words = segmenter.prepare(question);
    for (const auto& [name, seen] : examples) {
      segmenter::show(segmenter, asked_words, name, seen, question);
    }
  }
  if (options.asked) return;
  std::string names;
  for (const auto& [name, seen] : examples) add_to_list(names, name);
  classify::report_only(questions, names);
}

}  // namespace fcclip::runs

// The C seam: nothing but handles, copies and error codes.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "fcclip/capi/fcclip_c.h"
#include "fcclip/core/boundary.h"
#include "fcclip/fcclip.h"

struct fcclip_model {
  fcclip::Model model;
};
struct fcclip_image {
  fcclip::Model model;
  fcclip::Image image;
};
struct fcclip_words {
  fcclip::PreparedWords words;
};
struct fcclip_answer {
  fcclip::Segmentation answer;
};

namespace {

using fcclip::ErrorCode;

// As fcclip.h's best_words and `fcclip serve` have it.
constexpr int64_t kUsualWords = 20;

int report(ErrorCode code, const char* message, fcclip_error* error) {
  const int number = static_cast<int>(code) + 1;
  if (error != nullptr) {
    error->code = number;
    size_t length = std::min<size_t>(std::strlen(message), FCCLIP_MESSAGE_BYTES - 1);
    // Not within a character of several bytes.
    while (length > 0 && (message[length] & 0xC0) == 0x80) --length;
    std::copy_n(message, length, error->message);
    error->message[length] = '\0';
  }
  return number;
}

// 0, or the code of what work throws.
template <typename Work>
int guarded(fcclip_error* error, Work&& work) {
  try {
    fcclip::translating_errors(work);
  } catch (const fcclip::Error& thrown) {
    return report(thrown.code(), thrown.what(), error);
  }
  if (error != nullptr) *error = {};
  return 0;
}

void require(const void* pointer, const char* name) {
  if (pointer == nullptr) fcclip::fail(ErrorCode::invalid_argument, name, " is NULL");
}

// A struct of an older or newer header: what both know is copied.
template <typename Options>
Options known_part(const Options* given, void (*initialise)(Options*)) {
  Options options;
  initialise(&options);
  if (given == nullptr) return options;
  if (given->size < sizeof(size_t) || given->size > 4096) {
    fcclip::fail(ErrorCode::invalid_argument, "options have no size; call their _init first");
  }
  std::memcpy(&options, given, std::min(given->size, sizeof options));
  return options;
}

fcclip::PictureView view_of(const fcclip_picture_view& view) {
  if (view.order < FCCLIP_RGB || view.order > FCCLIP_GREY) {
    fcclip::fail(ErrorCode::invalid_argument, "pixel order ", view.order, " is unknown");
  }
  return {view.data, view.height, view.width, view.stride,
          static_cast<fcclip::PixelOrder>(view.order)};
}

std::optional<double> optional_of(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

fcclip::AskOptions ask_options_of(const fcclip_ask_options* given) {
  const fcclip_ask_options known = known_part(given, fcclip_ask_options_init);
  if (known.task < FCCLIP_PANOPTIC || known.task > FCCLIP_SEMANTIC) {
    fcclip::fail(ErrorCode::invalid_argument, "task ", known.task, " is unknown");
  }
  fcclip::AskOptions options;
  options.task = static_cast<fcclip::Task>(known.task);
  options.alpha = optional_of(known.alpha);
  options.beta = optional_of(known.beta);
  options.object_mask_threshold = optional_of(known.object_mask_threshold);
  options.overlap_threshold = optional_of(known.overlap_threshold);
  if (known.top_k >= 0) options.top_k = known.top_k;
  if (known.things_only >= 0) options.things_only = known.things_only != 0;
  options.next_best = known.next_best;
  options.min_score = known.min_score;
  options.clip_trust = optional_of(known.clip_trust);
  return options;
}

fcclip::EncodeOptions encode_options_of(const fcclip_encode_options* given) {
  const fcclip_encode_options known = known_part(given, fcclip_encode_options_init);
  fcclip::EncodeOptions options;
  options.short_side_px = known.short_side_px;
  options.max_side_px = known.max_side_px;
  if (known.progress != nullptr) {
    options.progress = [known](int64_t done, int64_t total) {
      return known.progress(done, total, known.user) != 0;
    };
  }
  return options;
}

const fcclip::Segment& segment_at(const fcclip_answer* answer, int64_t index) {
  require(answer, "answer");
  const auto& segments = answer->answer.segments;
  if (index < 0 || index >= std::ssize(segments)) {
    fcclip::fail(ErrorCode::invalid_argument, "segment ", index, " of ", segments.size(),
                 " was asked for");
  }
  return segments[static_cast<size_t>(index)];
}

}  // namespace

extern "C" {

const char* fcclip_error_name(int code) {
  if (code == 0) return "ok";
  const auto known = static_cast<ErrorCode>(code - 1);
  const bool exists = code > 0 && known <= fcclip::kLastErrorCode;
  return exists ? fcclip::name(known).data() : "unknown";
}

const char* fcclip_version(void) {
  static const std::string version = fcclip::version();
  return version.c_str();
}

void fcclip_load_options_init(fcclip_load_options* options) {
  *options = {sizeof *options, "cpu", 1, nullptr};
}

void fcclip_encode_options_init(fcclip_encode_options* options) {
  *options = {sizeof *options, 0, 0, nullptr, nullptr};
}

void fcclip_ask_options_init(fcclip_ask_options* options) {
  *options = {sizeof *options, FCCLIP_PANOPTIC, NAN, NAN, NAN, NAN, -1, -1, 3, 0, NAN};
}

int fcclip_model_load(const char* path, const fcclip_load_options* options, fcclip_model** model,
                      fcclip_error* error) {
  return guarded(error, [&] {
    require(path, "path");
    require(model, "model");
    const fcclip_load_options known = known_part(options, fcclip_load_options_init);
    require(known.device, "device");
    fcclip::LoadOptions load;
    load.device = known.device;
    load.use_text_cache = known.use_text_cache != 0;
    if (known.cache_folder != nullptr) load.cache_folder = known.cache_folder;
    *model = new fcclip_model{fcclip::Model::load(path, load)};
  });
}

void fcclip_model_release(fcclip_model* model) {
  delete model;
}

int fcclip_encode(const fcclip_model* model, const fcclip_picture_view* picture,
                  const fcclip_encode_options* options, fcclip_image** image, fcclip_error* error) {
  return guarded(error, [&] {
    require(model, "model");
    require(picture, "picture");
    require(image, "image");
    *image = new fcclip_image{model->model,
                              model->model.encode(view_of(*picture), encode_options_of(options))};
  });
}

void fcclip_image_release(fcclip_image* image) {
  delete image;
}

int fcclip_prepare(const fcclip_model* model, const fcclip_question* question, fcclip_words** words,
                   fcclip_error* error) {
  return guarded(error, [&] {
    require(model, "model");
    require(question, "question");
    require(question->words, "question.words");
    require(words, "words");
    fcclip::WordMarks marks;
    if (question->stuff != nullptr) marks.stuff = question->stuff;
    if (question->background != nullptr) marks.background = question->background;
    *words = new fcclip_words{model->model.prepare(fcclip::parse_words(question->words, marks))};
  });
}

int fcclip_like(const fcclip_words* words, const fcclip_example* example, fcclip_words** with,
                fcclip_error* error) {
  return guarded(error, [&] {
    require(words, "words");
    require(example, "example");
    require(example->name, "example.name");
    require(with, "with");
    if (example->count == 0) {
      fcclip::fail(ErrorCode::invalid_argument, "example: nothing is shown");
    }
    require(example->images, "example.images");
    require(example->queries, "example.queries");
    std::vector<fcclip::ShownSegment> shown;
    for (size_t i = 0; i < example->count; ++i) {
      require(example->images[i], "example.images: one of them");
      shown.push_back({example->images[i]->image, example->queries[i]});
    }
    const fcclip::Model& model = example->images[0]->model;
    *with = new fcclip_words{model.prepare(model.like(words->words.words(), example->name, shown))};
  });
}

void fcclip_words_release(fcclip_words* words) {
  delete words;
}

int fcclip_ask(const fcclip_image* image, const fcclip_words* words,
               const fcclip_ask_options* options, fcclip_answer** answer, fcclip_error* error) {
  return guarded(error, [&] {
    require(image, "image");
    require(words, "words");
    require(answer, "answer");
    *answer =
        new fcclip_answer{image->model.ask(image->image, words->words, ask_options_of(options))};
  });
}

int fcclip_best_words(const fcclip_image* image, const fcclip_words* words,
                      const fcclip_ask_options* options, fcclip_answer** answer,
                      fcclip_error* error) {
  return guarded(error, [&] {
    require(image, "image");
    require(words, "words");
    require(answer, "answer");
    fcclip::AskOptions known = ask_options_of(options);
    const int64_t count = std::exchange(known.top_k, std::nullopt).value_or(kUsualWords);
    *answer = new fcclip_answer{image->model.best_words(image->image, words->words, count, known)};
  });
}

void fcclip_answer_release(fcclip_answer* answer) {
  delete answer;
}

int64_t fcclip_answer_height(const fcclip_answer* answer) {
  return answer->answer.size.height;
}

int64_t fcclip_answer_width(const fcclip_answer* answer) {
  return answer->answer.size.width;
}

int64_t fcclip_answer_count(const fcclip_answer* answer) {
  return std::ssize(answer->answer.segments);
}

int fcclip_answer_segment(const fcclip_answer* answer, int64_t index, fcclip_segment* segment,
                          fcclip_error* error) {
  return guarded(error, [&] {
    require(segment, "segment");
    const fcclip::Segment& found = segment_at(answer, index);
    *segment = {
        found.id,
        found.class_index,
        found.name.c_str(),
        found.synonym.c_str(),
        found.is_thing ? 1 : 0,
        found.score,
        found.in_vocabulary_score,
        found.out_of_vocabulary_score,
        found.area_px,
        {found.box_xywh_px[0], found.box_xywh_px[1], found.box_xywh_px[2], found.box_xywh_px[3]}};
  });
}

int fcclip_answer_query(const fcclip_answer* answer, int64_t index, int64_t* query,
                        fcclip_error* error) {
  return guarded(error, [&] {
    require(query, "query");
    *query = segment_at(answer, index).query;
  });
}

const int32_t* fcclip_answer_ids(const fcclip_answer* answer) {
  return answer->answer.ids.empty() ? nullptr : answer->answer.ids.data();
}

int fcclip_answer_mask(const fcclip_answer* answer, int64_t index, uint8_t* mask, size_t bytes,
                       fcclip_error* error) {
  return guarded(error, [&] {
    require(mask, "mask");
    const std::vector<uint8_t> pixels = fcclip::mask_of(answer->answer, segment_at(answer, index));
    if (bytes < pixels.size()) {
      fcclip::fail(ErrorCode::invalid_argument, "the mask needs ", pixels.size(),
                   " bytes, but has room for ", bytes);
    }
    std::copy(pixels.begin(), pixels.end(), mask);
  });
}

}  // extern "C"

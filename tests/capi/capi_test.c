/* The C interface from C: capi_test MODEL. Prints what failed; exit status 1 when anything did. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcclip/capi/fcclip_c.h"

static int failures = 0;

#define CHECK(condition)                                             \
  do {                                                               \
    if (!(condition)) {                                              \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                    \
    }                                                                \
  } while (0)

enum { kHeight = 96, kWidth = 130 };

static int is(int code, const char* name) {
  return strcmp(fcclip_error_name(code), name) == 0;
}

static fcclip_picture_view gradient(uint8_t* pixels) {
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      uint8_t* pixel = pixels + (y * kWidth + x) * 3;
      pixel[0] = (uint8_t)(x * 2);
      pixel[1] = (uint8_t)(y * 2);
      pixel[2] = x > kWidth / 2 ? 200 : 20;
    }
  }
  const fcclip_picture_view view = {pixels, kHeight, kWidth, 0, FCCLIP_RGB};
  return view;
}

static void test_names(void) {
  CHECK(is(0, "ok"));
  CHECK(is(1, "invalid_argument"));
  CHECK(is(-1, "unknown"));
  CHECK(is(9999, "unknown"));
  CHECK(strchr(fcclip_version(), '.') != NULL);
}

static void test_errors(void) {
  fcclip_model* model = NULL;
  fcclip_error error;
  const int code = fcclip_model_load("/nonexistent/model.safetensors", NULL, &model, &error);
  CHECK(is(code, "not_found"));
  CHECK(error.code == code);
  CHECK(strstr(error.message, "/nonexistent/model.safetensors") != NULL);
  CHECK(strchr(error.message, '\n') == NULL);
  CHECK(model == NULL);
  CHECK(is(fcclip_model_load(NULL, NULL, &model, NULL), "invalid_argument"));
  CHECK(is(fcclip_model_load("x", NULL, NULL, &error), "invalid_argument"));
  fcclip_load_options options;
  memset(&options, 0, sizeof options);
  CHECK(is(fcclip_model_load("x", &options, &model, &error), "invalid_argument"));

  char longest[5000];
  memset(longest, 'a', sizeof longest);
  longest[sizeof longest - 1] = '\0';
  CHECK(fcclip_model_load(longest, NULL, &model, &error) != 0);
  CHECK(strlen(error.message) < FCCLIP_MESSAGE_BYTES);
}

static int count_steps(int64_t done, int64_t total, void* user) {
  ++*(int*)user;
  return done <= total;
}

static int stop(int64_t done, int64_t total, void* user) {
  (void)done, (void)total, (void)user;
  return 0;
}

static void test_answer(const fcclip_answer* answer) {
  fcclip_error error;
  CHECK(fcclip_answer_height(answer) == kHeight);
  CHECK(fcclip_answer_width(answer) == kWidth);
  const int32_t* ids = fcclip_answer_ids(answer);
  CHECK(ids != NULL);
  uint8_t* mask = malloc(kHeight * kWidth);
  const int64_t count = fcclip_answer_count(answer);
  for (int64_t i = 0; i < count; ++i) {
    fcclip_segment segment;
    CHECK(fcclip_answer_segment(answer, i, &segment, &error) == 0);
    CHECK(strcmp(segment.name, "left") == 0 || strcmp(segment.name, "right") == 0);
    CHECK(segment.score >= 0 && segment.score <= 1);
    CHECK(fcclip_answer_mask(answer, i, mask, kHeight * kWidth, &error) == 0);
    int64_t inside = 0;
    for (int p = 0; p < kHeight * kWidth; ++p) {
      inside += mask[p];
      CHECK((mask[p] == 1) == (ids[p] == segment.id));
    }
    CHECK(inside == segment.area_px);
    CHECK(is(fcclip_answer_mask(answer, i, mask, 10, &error), "invalid_argument"));
  }
  fcclip_segment none;
  CHECK(is(fcclip_answer_segment(answer, count, &none, &error), "invalid_argument"));
  CHECK(is(fcclip_answer_segment(answer, -1, &none, &error), "invalid_argument"));
  free(mask);
}

static void test_best_words(const fcclip_image* image, const fcclip_words* words) {
  fcclip_error error;
  fcclip_answer* answer = NULL;
  CHECK(fcclip_best_words(image, words, NULL, &answer, &error) == 0);
  CHECK(fcclip_answer_count(answer) == 2);
  CHECK(fcclip_answer_ids(answer) == NULL);
  uint8_t* mask = malloc(kHeight * kWidth);
  fcclip_segment first, second;
  CHECK(fcclip_answer_segment(answer, 0, &first, &error) == 0);
  CHECK(fcclip_answer_segment(answer, 1, &second, &error) == 0);
  CHECK(first.id == 1 && second.id == 2);
  CHECK(first.score >= second.score && second.score >= 0);
  CHECK(strcmp(first.name, second.name) != 0);
  CHECK(fcclip_answer_mask(answer, 0, mask, kHeight * kWidth, &error) == 0);
  int64_t inside = 0;
  for (int p = 0; p < kHeight * kWidth; ++p) inside += mask[p];
  CHECK(inside == first.area_px && inside > 0);
  free(mask);

  fcclip_ask_options options;
  fcclip_ask_options_init(&options);
  options.top_k = 1;
  fcclip_answer* one = NULL;
  CHECK(fcclip_best_words(image, words, &options, &one, &error) == 0);
  CHECK(fcclip_answer_count(one) == 1);
  fcclip_segment again;
  CHECK(fcclip_answer_segment(one, 0, &again, &error) == 0);
  CHECK(strcmp(again.name, first.name) == 0 && again.score == first.score);
  fcclip_answer_release(one);
  fcclip_answer_release(answer);
  options.top_k = 0;
  CHECK(is(fcclip_best_words(image, words, &options, &one, &error), "invalid_argument"));
  CHECK(is(fcclip_best_words(NULL, words, NULL, &one, &error), "invalid_argument"));
}

static void test_like(const fcclip_image* image, const fcclip_words* words) {
  fcclip_error error;
  fcclip_answer* answer = NULL;
  CHECK(fcclip_best_words(image, words, NULL, &answer, &error) == 0);
  int64_t query = -1;
  CHECK(fcclip_answer_query(answer, 0, &query, &error) == 0);
  CHECK(query >= 0);
  CHECK(is(fcclip_answer_query(answer, 99, &query, &error), "invalid_argument"));
  fcclip_answer_release(answer);

  const fcclip_image* images[2] = {image, image};
  int64_t queries[2] = {query, query};
  fcclip_example example = {"this one", images, queries, 2};
  fcclip_words* with = NULL;
  CHECK(fcclip_like(words, &example, &with, &error) == 0);
  CHECK(fcclip_best_words(image, with, NULL, &answer, &error) == 0);
  CHECK(fcclip_answer_count(answer) == 3);
  int found = 0;
  for (int64_t i = 0; i < 3; ++i) {
    fcclip_segment segment;
    int64_t its_query = -1;
    CHECK(fcclip_answer_segment(answer, i, &segment, &error) == 0);
    CHECK(fcclip_answer_query(answer, i, &its_query, &error) == 0);
    if (strcmp(segment.name, "this one") == 0) found += its_query == query;
  }
  CHECK(found == 1);
  fcclip_answer_release(answer);
  fcclip_words_release(with);

  queries[1] = 100000;
  CHECK(is(fcclip_like(words, &example, &with, &error), "invalid_argument"));
  example.count = 0;
  CHECK(is(fcclip_like(words, &example, &with, &error), "invalid_argument"));
  example.name = NULL;
  CHECK(is(fcclip_like(words, &example, &with, &error), "invalid_argument"));
}

static void test_questions(const fcclip_model* model, const fcclip_image* image) {
  fcclip_error error;
  fcclip_words* words = NULL;
  fcclip_answer* answer = NULL;
  const fcclip_question wordless = {" , ", NULL, NULL}, missing = {NULL, "x", NULL};
  const fcclip_question question = {"left, right", "right", NULL};
  CHECK(is(fcclip_prepare(model, &wordless, &words, &error), "invalid_argument"));
  CHECK(is(fcclip_prepare(model, &missing, &words, &error), "invalid_argument"));
  CHECK(is(fcclip_prepare(model, NULL, &words, &error), "invalid_argument"));
  CHECK(fcclip_prepare(model, &question, &words, &error) == 0);
  CHECK(fcclip_ask(image, words, NULL, &answer, &error) == 0);
  test_answer(answer);
  fcclip_answer_release(answer);

  fcclip_ask_options options;
  fcclip_ask_options_init(&options);
  options.task = FCCLIP_INSTANCE;
  options.top_k = 3;
  CHECK(fcclip_ask(image, words, &options, &answer, &error) == 0);
  CHECK(fcclip_answer_count(answer) <= 3);
  CHECK(fcclip_answer_ids(answer) == NULL);
  fcclip_answer_release(answer);

  test_best_words(image, words);
  test_like(image, words);
  options.alpha = 2;
  CHECK(is(fcclip_ask(image, words, &options, &answer, &error), "invalid_argument"));
  options.alpha = NAN;
  options.task = (fcclip_task)7;
  CHECK(is(fcclip_ask(image, words, &options, &answer, &error), "invalid_argument"));
  fcclip_words_release(words);
}

static void test_model(const char* path) {
  fcclip_error error;
  fcclip_load_options options;
  fcclip_load_options_init(&options);
  options.use_text_cache = 0;
  fcclip_model* model = NULL;
  CHECK(fcclip_model_load(path, &options, &model, &error) == 0);
  if (model == NULL) {
    printf("%s\n", error.message);
    return;
  }
  uint8_t* pixels = malloc(kHeight * kWidth * 3);
  fcclip_picture_view view = gradient(pixels);
  fcclip_image* image = NULL;
  fcclip_encode_options encoding;
  fcclip_encode_options_init(&encoding);
  encoding.progress = stop;
  CHECK(is(fcclip_encode(model, &view, &encoding, &image, &error), "interrupted"));
  CHECK(image == NULL);
  int steps = 0;
  encoding.progress = count_steps;
  encoding.user = &steps;
  CHECK(fcclip_encode(model, &view, &encoding, &image, &error) == 0);
  CHECK(steps > 1);
  test_questions(model, image);
  view.order = (fcclip_pixel_order)17;
  fcclip_image* none = NULL;
  CHECK(is(fcclip_encode(model, &view, NULL, &none, &error), "invalid_argument"));
  fcclip_image_release(image);
  fcclip_image_release(NULL);
  fcclip_model_release(model);
  free(pixels);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  test_names();
  test_errors();
  test_model(argv[1]);
  printf(failures == 0 ? "capi: ok\n" : "capi: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

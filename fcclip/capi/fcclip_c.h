/* FC-CLIP for programs in C and whatever speaks to C: the face of fcclip/fcclip.h behind opaque
 * handles and plain buffers.
 *
 * Every function that can fail returns 0 for success, else an error code, and fills *error where
 * that is not NULL; outputs are then not touched. Texts are UTF-8 with a zero at the end. Handles
 * may be used by several threads at once, but for releasing them; releasing NULL does nothing.
 * Structs begin with their own size, so that later versions may add members:
 *
 *     fcclip_ask_options options;
 *     fcclip_ask_options_init(&options);
 */
#ifndef FCCLIP_CAPI_FCCLIP_C_H
#define FCCLIP_CAPI_FCCLIP_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FCCLIP_C_API __attribute__((visibility("default")))
/* C++ may read no number from an enum that is none of its values, unless its type is named: with it a
 * wrong one is an error like others. */
#ifdef __cplusplus
#define FCCLIP_IS_INT : int
#else
#define FCCLIP_IS_INT
#endif

/* ---- Errors ---- */

enum { FCCLIP_MESSAGE_BYTES = 1024 };

typedef struct fcclip_error {
  int code;                           /* 0: none; else see fcclip_error_name */
  char message[FCCLIP_MESSAGE_BYTES]; /* one line, cut where it is longer */
} fcclip_error;

/* "not_found", "bad_format", …; "ok" for 0, "unknown" for what is no code. */
FCCLIP_C_API const char* fcclip_error_name(int code);
/* "0.1.0" */
FCCLIP_C_API const char* fcclip_version(void);

/* ---- Pictures ---- */

typedef enum fcclip_pixel_order FCCLIP_IS_INT {
  FCCLIP_RGB = 0,
  FCCLIP_BGR = 1,
  FCCLIP_RGBA = 2,
  FCCLIP_BGRA = 3,
  FCCLIP_GREY = 4
} fcclip_pixel_order;

/* Your own pixels, 8 bits a channel. stride: bytes from one row to the next; 0: no gap. */
typedef struct fcclip_picture_view {
  const uint8_t* data;
  int64_t height, width, stride;
  fcclip_pixel_order order;
} fcclip_picture_view;

/* ---- Model ---- */

typedef struct fcclip_model fcclip_model;
typedef struct fcclip_image fcclip_image;
typedef struct fcclip_words fcclip_words;
typedef struct fcclip_answer fcclip_answer;

typedef struct fcclip_load_options {
  size_t size;
  const char* device;       /* "cpu", "cuda", "cuda:1" */
  int use_text_cache;       /* 0 or 1 */
  const char* cache_folder; /* NULL: the user's */
} fcclip_load_options;

/* Returns nonzero to go on. `done` of `total` steps; called in the thread that called the library. */
typedef int (*fcclip_progress)(int64_t done, int64_t total, void* user);

typedef enum fcclip_task FCCLIP_IS_INT {
  FCCLIP_PANOPTIC = 0,
  FCCLIP_INSTANCE = 1,
  FCCLIP_SEMANTIC = 2
} fcclip_task;

/* Numbers that are not set are the model's own: NAN for doubles, -1 for whole numbers. */
typedef struct fcclip_ask_options {
  size_t size;
  fcclip_task task;
  double alpha, beta, object_mask_threshold, overlap_threshold;
  int64_t top_k;
  int things_only; /* -1, 0 or 1 */
  int64_t next_best;
  double min_score;
  double clip_trust;
} fcclip_ask_options;

/* Sides of 0 are the model's own. progress may be NULL. */
typedef struct fcclip_encode_options {
  size_t size;
  int64_t short_side_px, max_side_px;
  fcclip_progress progress;
  void* user;
} fcclip_encode_options;

/* Each names classes at commas, synonyms at bars: "cat, dog | puppy, grass". stuff and background
 * may be NULL. */
typedef struct fcclip_question {
  const char* words;
  const char* stuff;
  const char* background;
} fcclip_question;

FCCLIP_C_API void fcclip_load_options_init(fcclip_load_options* options);
FCCLIP_C_API void fcclip_encode_options_init(fcclip_encode_options* options);
FCCLIP_C_API void fcclip_ask_options_init(fcclip_ask_options* options);

/* options may be NULL. */
FCCLIP_C_API int fcclip_model_load(const char* path, const fcclip_load_options* options,
                                   fcclip_model** model, fcclip_error* error);
FCCLIP_C_API void fcclip_model_release(fcclip_model* model);

/* One run of the network. options may be NULL; when their progress returns 0, the code is
 * "interrupted". The image keeps the model alive. */
FCCLIP_C_API int fcclip_encode(const fcclip_model* model, const fcclip_picture_view* picture,
                               const fcclip_encode_options* options, fcclip_image** image,
                               fcclip_error* error);
FCCLIP_C_API void fcclip_image_release(fcclip_image* image);

FCCLIP_C_API int fcclip_prepare(const fcclip_model* model, const fcclip_question* question,
                                fcclip_words** words, fcclip_error* error);
/* Segments of encoded images (fcclip_answer_query), all of one model, that show what `name` looks
 * like. images and queries: `count` of each, 1 or more. */
typedef struct fcclip_example {
  const char* name;
  const fcclip_image* const* images;
  const int64_t* queries;
  size_t count;
} fcclip_example;

/* "Like this": the words with what is shown in the place of the class `name`, mixed with its word; a
 * name that is none of them becomes a class more, a thing. */
FCCLIP_C_API int fcclip_like(const fcclip_words* words, const fcclip_example* example,
                             fcclip_words** with, fcclip_error* error);
FCCLIP_C_API void fcclip_words_release(fcclip_words* words);

/* No run of the network. options may be NULL. */
FCCLIP_C_API int fcclip_ask(const fcclip_image* image, const fcclip_words* words,
                            const fcclip_ask_options* options, fcclip_answer** answer,
                            fcclip_error* error);
/* What is here? The words that fit anything in the picture best, best first, each once and with the
 * mask that it fits best: instances, whose ids are ranks. options.top_k words at most, 20 where it is
 * not set; the task is not looked at. options may be NULL. */
FCCLIP_C_API int fcclip_best_words(const fcclip_image* image, const fcclip_words* words,
                                   const fcclip_ask_options* options, fcclip_answer** answer,
                                   fcclip_error* error);
FCCLIP_C_API void fcclip_answer_release(fcclip_answer* answer);

/* ---- Answers ---- */

/* Texts belong to the answer. */
typedef struct fcclip_segment {
  int64_t id; /* its pixels' value in fcclip_answer_ids */
  int64_t class_index;
  const char* name;
  const char* synonym;
  int is_thing;
  double score, in_vocabulary_score, out_of_vocabulary_score;
  int64_t area_px;
  int64_t box_xywh_px[4];
} fcclip_segment;

FCCLIP_C_API int64_t fcclip_answer_height(const fcclip_answer* answer);
FCCLIP_C_API int64_t fcclip_answer_width(const fcclip_answer* answer);
FCCLIP_C_API int64_t fcclip_answer_count(const fcclip_answer* answer);
/* index: 0 … count − 1; else the code is "invalid_argument". */
FCCLIP_C_API int fcclip_answer_segment(const fcclip_answer* answer, int64_t index,
                                       fcclip_segment* segment, fcclip_error* error);
/* Which of the model's masks made the segment: what fcclip_example takes. */
FCCLIP_C_API int fcclip_answer_query(const fcclip_answer* answer, int64_t index, int64_t* query,
                                     fcclip_error* error);
/* [height · width] ids of segments, 0: none; NULL for instances. Belongs to the answer. */
FCCLIP_C_API const int32_t* fcclip_answer_ids(const fcclip_answer* answer);
/* Writes height · width bytes, 1 inside the segment. `bytes`: what mask has room for. */
FCCLIP_C_API int fcclip_answer_mask(const fcclip_answer* answer, int64_t index, uint8_t* mask,
                                    size_t bytes, fcclip_error* error);

#ifdef __cplusplus
}
#endif

#endif

/* One question in C: ask MODEL PICTURE.ppm "WORDS". */
#include <fcclip/capi/fcclip_c.h>
#include <stdio.h>
#include <stdlib.h>

/* A binary PPM of 8 bits; NULL when the file is none. */
static uint8_t* read_ppm(const char* path, int64_t* height, int64_t* width) {
  FILE* file = fopen(path, "rb");
  long h = 0, w = 0, top = 0;
  uint8_t* pixels = NULL;
  if (file != NULL && fscanf(file, "P6 %ld %ld %ld", &w, &h, &top) == 3 && top == 255 && w > 0 &&
      h > 0 && w < 1 << 15 && h < 1 << 15 && fgetc(file) != EOF) {
    const size_t bytes = (size_t)h * (size_t)w * 3;
    pixels = malloc(bytes);
    if (pixels != NULL && fread(pixels, 1, bytes, file) != bytes) {
      free(pixels);
      pixels = NULL;
    }
  }
  if (file != NULL) fclose(file);
  *height = h;
  *width = w;
  return pixels;
}

static void print(const fcclip_answer* answer) {
  for (int64_t i = 0; i < fcclip_answer_count(answer); ++i) {
    fcclip_segment segment;
    fcclip_answer_segment(answer, i, &segment, NULL);
    printf("%-20s %.2f %8lld pixels\n", segment.name, segment.score, (long long)segment.area_px);
  }
}

int main(int argc, char** argv) {
  fcclip_error error = {0};
  fcclip_model* model = NULL;
  fcclip_image* image = NULL;
  fcclip_words* words = NULL;
  fcclip_answer* answer = NULL;
  if (argc != 4) {
    fprintf(stderr, "usage: ask MODEL PICTURE.ppm WORDS\n");
    return 2;
  }
  fcclip_picture_view picture = {0};
  uint8_t* pixels = read_ppm(argv[2], &picture.height, &picture.width);
  picture.data = pixels;
  if (pixels == NULL) {
    fprintf(stderr, "ask: %s: no PPM of 8 bits (P6)\n", argv[2]);
    return 1;
  }
  const fcclip_question question = {argv[3], NULL, NULL};
  const int failed = fcclip_model_load(argv[1], NULL, &model, &error) ||
                     fcclip_encode(model, &picture, NULL, &image, &error) ||
                     fcclip_prepare(model, &question, &words, &error) ||
                     fcclip_ask(image, words, NULL, &answer, &error);
  if (failed) {
    fprintf(stderr, "ask: %s\n", error.message);
  } else {
    print(answer);
  }
  fcclip_answer_release(answer);
  fcclip_words_release(words);
  fcclip_image_release(image);
  fcclip_model_release(model);
  free(pixels);
  return failed ? 1 : 0;
}

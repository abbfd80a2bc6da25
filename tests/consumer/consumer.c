#include <fcclip/capi/fcclip_c.h>
#include <stdio.h>
#include <string.h>

/* The same in C: consumer_c MODEL. */
int main(int argc, char** argv) {
  fcclip_error error;
  fcclip_model* model = NULL;
  if (argc != 2) return 2;
  const int code = fcclip_model_load("/nonexistent", NULL, &model, &error);
  if (strcmp(fcclip_error_name(code), "not_found") != 0) return 1;
  if (fcclip_model_load(argv[1], NULL, &model, &error) != 0) return 1;
  fcclip_model_release(model);
  printf("C: fcclip %s\n", fcclip_version());
  return 0;
}

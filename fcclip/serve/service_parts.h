#pragma once
// What all routes share.

#include <atomic>
#include <functional>

#include "fcclip/serve/admission.h"
#include "fcclip/serve/image_store.h"
#include "fcclip/serve/limits.h"
#include "fcclip/serve/metrics.h"
#include "fcclip/serve/model_shelf.h"
#include "fcclip/serve/words_store.h"

namespace fcclip::serve {

class Pipeline;

struct ServiceParts {
  ServiceParts(const Limits& limits, ModelShelf& models)
      : limits(limits),
        models(models),
        images(limits.store_bytes, limits.keep),
        words(limits.prepared_words),
        admission(this->limits) {}

  const Limits limits;
  ModelShelf& models;
  ImageStore images;
  WordsStore words;
  Admission admission;
  Metrics metrics;
  std::atomic<bool> draining = false;
  Pipeline* pipeline = nullptr;  ///< set once it runs
};

}  // namespace fcclip::serve

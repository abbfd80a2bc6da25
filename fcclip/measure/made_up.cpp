#include "fcclip/measure/made_up.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/round_up.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/host.h"
#include "fcclip/segmenter/preprocess.h"

namespace fcclip::measure {

classify::Vocabulary few_words(int64_t count) {
  classify::Vocabulary words;
  for (const char* name : {"cat", "traffic light", "hot air balloon", "grass", "washing machine",
                           "wooden kitchen table"}) {
    if (std::ssize(words.classes) < count) words.classes.push_back({.synonyms = {name}});
  }
  return words;
}

classify::Vocabulary question_of(int64_t count) {
  if (count == 0) return classify::builtin_vocabulary(classify::kEverything);
  classify::Vocabulary words = classify::builtin_vocabulary(count <= 20    ? "coco"
                                                            : count <= 150 ? "ade20k"
                                                                           : "lvis");
  words.classes.resize(static_cast<size_t>(count));
  return words;
}

segmenter::PreparedVocabulary with_made_up_rows(const classify::Vocabulary& words,
                                                const segmenter::EncodedImage& image,
                                                const classify::Vocabulary& training) {
  constexpr int64_t kEvery = 3;
  constexpr double kNoise = 0.7;  // of a length: the row's angle to its embedding is 35 degrees
  const c10::InferenceMode guard;
  segmenter::PreparedVocabulary prepared{words};
  int64_t count = 0;
  for (const classify::VocabularyClass& entry : words.classes) {
    prepared.classifier.synonyms_per_class.push_back(std::ssize(entry.synonyms));
    count += std::ssize(entry.synonyms);
  }
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{1});
  const at::Tensor embeddings = nn::unit(ops::on_host(image.class_embed));
  const at::Tensor near = at::arange(count).mul(kEvery).remainder(embeddings.size(0));
  const at::Tensor noise = nn::unit(at::randn({count, embeddings.size(1)}, generator));
  prepared.classifier.rows =
      nn::unit(embeddings.index_select(0, near) + noise * kNoise).to(image.class_embed.device());
  prepared.seen = classify::seen_classes(words, training);
  return prepared;
}

Size padded_size(const at::Tensor& rgb, const model::PixelConfig& pixels,
                 const segmenter::EncodeSize& size) {
  const Size seen =
      segmenter::resized_size({rgb.size(0), rgb.size(1)}, size.short_side, size.max_side);
  const auto padded = [&](int64_t side) { return round_up(side, pixels.size_divisor); };
  return {padded(seen.height), padded(seen.width)};
}

at::Tensor made_up_picture() {
  constexpr int64_t kHeight = 480, kWidth = 640, kShapes = 12;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{2});
  const at::Tensor y = at::arange(kHeight, at::kFloat).view({-1, 1, 1}) / kHeight;
  const at::Tensor x = at::arange(kWidth, at::kFloat).view({1, -1, 1}) / kWidth;
  at::Tensor rgb = 80 + 90 * y + 40 * x * at::tensor({1.0F, 0.5F, 0.2F});
  for (int64_t i = 0; i < kShapes; ++i) {
    const at::Tensor place = at::rand({4}, generator), colour = at::rand({3}, generator) * 255;
    const at::Tensor distance = ((y - place[0]) / (0.05 + 0.15 * place[2])).square() +
                                ((x - place[1]) / (0.05 + 0.15 * place[3])).square();
    rgb = at::where(distance < 1, colour * (1.2 - 0.4 * distance), rgb);
  }
  rgb = rgb + at::randn({kHeight, kWidth, 3}, generator) * 6;
  return rgb.clamp(0, 255).to(at::kByte).contiguous();
}

}  // namespace fcclip::measure

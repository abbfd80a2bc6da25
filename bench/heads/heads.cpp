// What Mask-Adapter costs beside FC-CLIP on masks of one picture: both whole, the adapter in the
// published code's steps and with the savings, for so many masks as questions need. CPU seconds
// of the process, the best of the rounds; embeddings compared first.
//   heads_bench [preset height width rounds]        defaults: convnext_large_d_320 896 672 3

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/model/untrained.h"
#include "fcclip/segmenter/segmenter.h"

namespace {

using namespace fcclip;

int rounds = 3;

// Of the process, over all threads: other load on the machine disturbs little.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double best_seconds(const std::function<void()>& work) {
  double best = 1e30;
  for (int i = 0; i < rounds; ++i) {
    const double start = cpu_seconds();
    work();
    best = std::min(best, cpu_seconds() - start);
  }
  return best;
}

segmenter::Segmenter made(const std::string& preset, const std::string& head) {
  model::Config config = model::preset_config(preset);
  model::set_preset_head(config, head);
  config.clip.text.layers = 1;  // words are not measured
  auto model = std::make_shared<model::Model>(config);
  model::fill_untrained(*model, 1);
  return {model, {.use_text_cache = false}};
}

// A question of 150 classes with rows of its own.
segmenter::PreparedVocabulary words_of(int64_t width) {
  segmenter::PreparedVocabulary words;
  words.classifier.rows = at::randn({150, width});
  words.classifier.rows /= words.classifier.rows.norm(2, -1, true);
  words.classifier.synonyms_per_class.assign(150, 1);
  words.seen.assign(150, true);
  for (int64_t k = 0; k < 150; ++k)
    words.vocabulary.classes.push_back({k, {"w" + std::to_string(k)}, true});
  return words;
}

// In pieces, so that the widest maps of all masks need not exist at once.
at::Tensor published_steps(const model::Model& model, const segmenter::EncodedImage& image) {
  const naming::AdaptedPicture& adapted = *image.naming.adapted;
  naming::AdaptedPicture whole;
  whole.dense = adapted.dense;
  whole.embedding = model.clip->image_tower->visual_head()(adapted.dense);
  std::vector<at::Tensor> parts;
  for (const at::Tensor& masks : image.mask_logits.split(50)) {
    parts.push_back(model.naming.adapter()->embed_traced(
        whole, masks, model.clip->image_tower->visual_head(), {}));
  }
  return at::cat(parts);
}

at::Tensor saving(const model::Model& model, const segmenter::EncodedImage& image, int64_t count) {
  const clip::VisualHead& head = model.clip->image_tower->visual_head();
  const naming::PictureNaming fresh =
      model.naming.look(image.naming.adapted->dense, image.mask_logits.size(0), head, {});
  std::vector<bool> needed(static_cast<size_t>(image.mask_logits.size(0)));
  for (int64_t q = 0; q < count; ++q) needed[static_cast<size_t>(q)] = true;
  return model.naming.adapter()->embed(*fresh.adapted, image.mask_logits, needed, head);
}

}  // namespace

int main(int argc, char** argv) {
  const c10::InferenceMode guard;
  const std::string preset = argc > 1 ? argv[1] : "convnext_large_d_320";
  const int64_t height = argc > 2 ? std::atoll(argv[2]) : 896,
                width = argc > 3 ? std::atoll(argv[3]) : 672;
  rounds = argc > 4 ? std::atoi(argv[4]) : rounds;
  std::printf("%s, %ld x %ld, %d threads\n", preset.c_str(), static_cast<long>(height),
              static_cast<long>(width), at::get_num_threads());
  const at::Tensor rgb = at::randint(0, 256, {height, width, 3}, at::kByte);
  const segmenter::Segmenter adapter = made(preset, "mask_adapter");
  const segmenter::PreparedVocabulary words = words_of(adapter.config().clip.embed_dim);
  segmenter::AskOptions options = adapter.ask_defaults();
  const segmenter::EncodeSize size{std::min(height, width), std::max(height, width)};
  double plain = 0;
  {
    const segmenter::Segmenter fcclip = made(preset, "fcclip");
    segmenter::EncodedImage image;
    const double encode = best_seconds([&] { image = fcclip.encode(rgb, size); });
    const double ask = best_seconds([&] { fcclip.ask(image, words, options); });
    plain = encode + ask;
    std::printf("FC-CLIP: encode %.2f s, ask %.3f s, whole %.2f s\n", encode, ask, plain);
  }
  const segmenter::EncodedImage image = adapter.encode(rgb, size);
  const int64_t queries = image.mask_logits.size(0);
  at::Tensor naive;
  const int all_rounds = std::exchange(rounds, 1);
  const double published = best_seconds([&] { naive = published_steps(adapter.model(), image); });
  const at::Tensor ours = saving(adapter.model(), image, queries);
  std::printf("largest difference of the two forms %.1e of %.1e\n",
              (ours - naive).abs().max().item<double>(), naive.abs().max().item<double>());
  std::printf("published steps, %ld masks: %.2f s, whole %.2f times FC-CLIP\n",
              static_cast<long>(queries), published, (plain + published) / plain);
  rounds = all_rounds;
  for (const int64_t count :
       {int64_t{0}, int64_t{8}, int64_t{16}, int64_t{32}, int64_t{64}, queries}) {
    if (count == queries) rounds = 1;
    const double spent = best_seconds([&] { saving(adapter.model(), image, count); });
    std::printf("with savings, %ld masks: %.2f s, whole %.2f times FC-CLIP\n",
                static_cast<long>(count), spent, (plain + spent) / plain);
  }
  return 0;
}

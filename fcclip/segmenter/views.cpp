#include "fcclip/segmenter/views.h"

#include <algorithm>
#include <array>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/check.h"
#include "fcclip/model/model.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/join_flip.h"

namespace fcclip::segmenter {
namespace {

constexpr std::array<const char*, 3> kViewsNames = {"none", "flip", "multiscale"};

at::Tensor mirrored(const at::Tensor& rgb) {
  return rgb.flip({1}).contiguous();
}

// Half of a progress whose other half another run tells.
Progress half(const Progress& progress, bool second) {
  if (!progress) return {};
  return [progress, second](int64_t done, int64_t total) {
    return progress(done + (second ? total : 0), 2 * total);
  };
}

// The un-mirrored view of the middle size.
size_t middle_view(std::span<const EncodedView> views) {
  std::vector<size_t> upright;
  for (size_t i = 0; i < views.size(); ++i) {
    if (!views[i].mirrored) upright.push_back(i);
  }
  return upright.empty() ? 0 : upright[upright.size() / 2];
}

}  // namespace

std::optional<Views> views_named(std::string_view name) {
  const auto found = std::ranges::find(kViewsNames, name);
  if (found == kViewsNames.end()) return std::nullopt;
  return static_cast<Views>(found - kViewsNames.begin());
}

const char* views_name(Views views) {
  return kViewsNames.at(static_cast<size_t>(views));
}

EncodedImage encode_with_flip(const Segmenter& segmenter, const at::Tensor& rgb,
                              const EncodeSize& size, const Progress& progress) {
  const c10::InferenceMode guard;
  if (!segmenter.model().naming.is_plain()) {
    // Its names come from one picture's features; what a joined query would look at is not defined.
    fail(ErrorCode::unsupported, "a picture and its mirror image are not averaged with the head ",
         model::head_description(segmenter.config()), "; ask without, or for several sizes");
  }
  const at::Tensor there = segmenter.send(rgb).arrived();
  const EncodedImage image = segmenter.encode(there, size, {}, half(progress, false));
  return join_flip(image, segmenter.encode(mirrored(there), size, {}, half(progress, true)));
}

std::vector<EncodedView> encode_views(const Segmenter& segmenter, const at::Tensor& rgb,
                                      const EncodeSize& size, const ViewSizes& sizes,
                                      const Progress& progress) {
  const c10::InferenceMode guard;
  check_shape("picture", rgb, {kAny, kAny, 3});
  check_dtype("picture", rgb, at::kByte);
  const model::PixelConfig& pixels = segmenter.config().pixels;
  const Size original{rgb.size(0), rgb.size(1)};
  const at::Tensor seen = ops::resize_bilinear_u8(
      segmenter.send(rgb).arrived(),
      resized_size(original, size.short_side > 0 ? size.short_side : pixels.short_side,
                   size.max_side > 0 ? size.max_side : pixels.max_side));
  const int64_t total = std::ssize(sizes.short_sides) * (sizes.mirrored ? 2 : 1);
  std::vector<EncodedView> views;
  for (const int64_t side : sizes.short_sides) {
    const Size view_size = resized_size({seen.size(0), seen.size(1)}, side, sizes.max_side);
    const at::Tensor view = ops::resize_bilinear_u8(seen, view_size);
    for (const bool is_mirrored : {false, true}) {
      if (is_mirrored && !sizes.mirrored) continue;
      const Progress parts = [&](int64_t, int64_t) {
        return !progress || progress(std::ssize(views), total);
      };
      // Already in its size: encode leaves it as it is.
      const int64_t shorter = std::min(view_size.height, view_size.width);
      const int64_t longer = std::max(view_size.height, view_size.width);
      EncodedImage image =
          segmenter.encode(is_mirrored ? mirrored(view) : view, {shorter, longer}, {}, parts);
      image.original = original;
      views.push_back({std::move(image), is_mirrored});
    }
  }
  return views;
}

std::vector<results::SemanticView> semantic_views(const Segmenter& segmenter,
                                                  std::span<const EncodedView> views,
                                                  const PreparedVocabulary& vocabulary,
                                                  const classify::EnsembleOptions& ensemble,
                                                  bool resized_late) {
  std::vector<results::SemanticView> seen;
  for (const EncodedView& view : views) {
    const at::Tensor log_probs =
        segmenter.name_masks(view.image, vocabulary, ensemble).log_probs[0];
    seen.push_back({mask_source(view.image), log_probs, resized_late, view.mirrored});
  }
  return seen;
}

EncodedPicture encode_picture(const Segmenter& segmenter, const at::Tensor& rgb, Views views,
                              const EncodeSize& size, const Progress& progress) {
  switch (views) {
    case Views::flip:
      return {encode_with_flip(segmenter, rgb, size, progress)};
    case Views::multiscale:
      return {{}, encode_views(segmenter, rgb, size, {}, progress)};
    case Views::one:
      break;
  }
  return {segmenter.encode(rgb, size, {}, progress)};
}

results::Segmentation ask_picture(const Segmenter& segmenter, const EncodedPicture& picture,
                                  const PreparedVocabulary& vocabulary, const AskOptions& options) {
  if (picture.views.empty()) return segmenter.ask(picture.image, vocabulary, options);
  return ask_views(segmenter, picture.views, vocabulary, options);
}

results::Segmentation ask_views(const Segmenter& segmenter, std::span<const EncodedView> views,
                                const PreparedVocabulary& vocabulary, const AskOptions& options) {
  const c10::InferenceMode guard;
  const ops::Tf32Scope tf32 = segmenter.tf32_scope();
  if (views.empty() || options.task != results::Task::semantic) {
    fail(ErrorCode::invalid_argument, "several sizes are averaged for semantic results alone");
  }
  const size_t named = middle_view(views);
  const EncodedImage& image = views[named].image;
  const classify::Classification classes =
      segmenter.name_masks(image, vocabulary, options.ensemble);
  const std::vector<bool> things = thing_flags(vocabulary.vocabulary);
  results::Segmentation answer{
      image.original,
      results::averaged_semantic(semantic_views(segmenter, views, vocabulary, options.ensemble),
                                 named, things, options.progress)};
  finish_description(answer, image, vocabulary, classes, options);
  return answer;
}

}  // namespace fcclip::segmenter

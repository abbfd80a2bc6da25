#pragma once
// Answers averaged over several views of a picture: other sizes, and its mirror image.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// Which views of a picture are averaged.
enum class Views {
  one,         ///< the picture alone
  flip,        ///< and its mirror image: all kinds of results
  multiscale,  ///< nine sizes and their mirror images: semantic results
};
/// "none", "flip" or "multiscale"; nothing for another name.
std::optional<Views> views_named(std::string_view name);
const char* views_name(Views views);

/// The picture and its mirror image as one, for two runs of the network: each query of the picture
/// is joined with that query of the mirror image (turned back) whose mask overlaps it most, if the
/// reverse is so too and their IoU is 0.5 or more. Joined queries have the mean of the mask logits,
/// and of both embeddings (normalised): the mean of the class logits, but for one factor a query.
/// Others stay as they are; what only the mirror image has is left out.
/// Parameters and errors as Segmenter::encode; Error{unsupported} for heads that name by what a whole
/// picture shows (Mask-Adapter, MAFT+). `progress` counts over both runs.
EncodedImage encode_with_flip(const Segmenter& segmenter, const at::Tensor& rgb,
                              const EncodeSize& size = {}, const Progress& progress = {});

/// One run of the network of several.
struct EncodedView {
  EncodedImage image;  ///< image.original is the picture's own size
  bool mirrored = false;
};

/// The reference's sizes.
struct ViewSizes {
  std::vector<int64_t> short_sides = {400, 500, 600, 700, 800, 900, 1000, 1100, 1200};
  int64_t max_side = 4000;
  bool mirrored = true;  ///< each size twice
};

/// The views of detectron2's DatasetMapperTTA as the reference uses it: made from the picture in
/// the size that the network would see (`size`), not from the original.
///   returns  for each size the picture and, behind it, its mirror image
/// They hold all masks of all runs: about 1 GB for a 4:3 picture and 250 queries, whatever size the
/// original has. Errors as Segmenter::encode; `progress` counts views.
std::vector<EncodedView> encode_views(const Segmenter& segmenter, const at::Tensor& rgb,
                                      const EncodeSize& size = {}, const ViewSizes& sizes = {},
                                      const Progress& progress = {});

/// What semantic inference takes of the views, each under its own class scores.
std::vector<results::SemanticView> semantic_views(const Segmenter& segmenter,
                                                  std::span<const EncodedView> views,
                                                  const PreparedVocabulary& vocabulary,
                                                  const classify::EnsembleOptions& ensemble,
                                                  bool resized_late = false);

/// A picture after the network, in the views that were asked for.
struct EncodedPicture {
  EncodedImage image = {};              ///< Views::one, flip
  std::vector<EncodedView> views = {};  ///< Views::multiscale, in place of the image
};
/// Errors as Segmenter::encode.
EncodedPicture encode_picture(const Segmenter& segmenter, const at::Tensor& rgb, Views views,
                              const EncodeSize& size = {}, const Progress& progress = {});

/// Segmenter::ask of the image, or ask_views of the views.
results::Segmentation ask_picture(const Segmenter& segmenter, const EncodedPicture& picture,
                                  const PreparedVocabulary& vocabulary, const AskOptions& options);

/// Semantic results of the views' mean scores; what is told of segments (score, names, synonym) is
/// of the middle size. options.task must be semantic: Error{invalid_argument}.
results::Segmentation ask_views(const Segmenter& segmenter, std::span<const EncodedView> views,
                                const PreparedVocabulary& vocabulary, const AskOptions& options);

}  // namespace fcclip::segmenter

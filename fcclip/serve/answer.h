#pragma once
// A question's answer in each of the forms that a client may want.

#include "fcclip/serve/work.h"

namespace fcclip::serve {

/// Everything that an answer is made of.
struct AskedImage {
  const Model& model;
  const std::string& model_name;
  const std::string& picture_name;
  const Picture& picture;
  const Image& image;
};

/// Asks with work.words and writes JSON, the overlay (image/png) or the files (application/zip), whichever the
/// request's Accept likes best. Fills times.ask and times.write. Throws as Model::ask and render.
Response answer_question(Work& work, const AskedImage& asked);

/// The JSON object of an answer, with its map.
std::string answer_json(const Segmentation& answer, const std::string& picture_name, MaskForm masks,
                        MapForm map);

}  // namespace fcclip::serve

// Tensors of the public face.

#include <ATen/ATen.h>

#include "fcclip/api/model.h"
#include "fcclip/core/boundary.h"
#include "fcclip/core/check.h"
#include "fcclip/fcclip_torch.h"

namespace fcclip {
inline namespace v1 {

PictureView view_of(const at::Tensor& rgb) {
  return translating_errors([&]() -> PictureView {
    check_shape("picture", rgb, {kAny, kAny, 3});
    check_dtype("picture", rgb, at::kByte);
    const bool packed =
        rgb.stride(2) == 1 && rgb.stride(1) == 3 && rgb.stride(0) >= rgb.size(1) * 3;
    if (!rgb.is_cpu() || !packed) {
      fail(ErrorCode::shape_mismatch,
           "picture: expected pixels without gaps in the processor's memory; use "
           ".cpu().contiguous()");
    }
    return {rgb.const_data_ptr<uint8_t>(), rgb.size(0), rgb.size(1), rgb.stride(0),
            PixelOrder::rgb};
  });
}

at::Tensor ids_tensor(Segmentation& answer) {
  return translating_errors([&]() -> at::Tensor {
    if (answer.ids.empty()) return {};
    return at::from_blob(answer.ids.data(), {answer.size.height, answer.size.width}, at::kInt);
  });
}

ImageTensors tensors_of(const Image& image) {
  const segmenter::EncodedImage& encoded = image.encoded()->image;
  return {encoded.mask_logits, encoded.class_embed, encoded.clip_embed};
}

at::Tensor text_rows_of(const PreparedWords& words) {
  return words.prepared()->vocabulary.classifier.rows;
}

}  // namespace v1
}  // namespace fcclip

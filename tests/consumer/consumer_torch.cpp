#include <cstdio>
#include <fcclip/fcclip_torch.h>

#include <ATen/ATen.h>

// Tensors in and out: consumer_torch MODEL.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto model = fcclip::Model::load(argv[1], {.use_text_cache = false});
  const at::Tensor rgb = at::full({64, 96, 3}, 128, at::kByte);
  const auto image = model.encode(fcclip::view_of(rgb));
  const auto tensors = fcclip::tensors_of(image);
  std::printf("tensors: %ld masks\n", static_cast<long>(tensors.mask_logits.size(0)));
  return tensors.mask_logits.size(0) == model.info().queries ? 0 : 1;
}

#include "fcclip/engine/figures.h"

#include <ATen/ATen.h>

namespace fcclip::engine {

std::vector<double> read_figures(const std::vector<at::Tensor>& figures) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& figure : figures) {
    if (figure.defined()) flat.push_back(figure.detach().flatten().to(at::kDouble));
  }
  if (flat.empty()) return {};
  const at::Tensor here = at::cat(flat).cpu();
  const double* numbers = here.const_data_ptr<double>();
  return {numbers, numbers + here.numel()};
}

}  // namespace fcclip::engine

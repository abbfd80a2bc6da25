#include "fcclip/model/class_rows.h"

#include <ATen/ATen.h>

#include "fcclip/classify/text_cache.h"
#include "fcclip/core/error.h"
#include "fcclip/ops/host.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

constexpr size_t kShownDigits = 8;

}  // namespace

std::string rows_fingerprint(const Model& model) {
  const at::Tensor void_row = ops::on_host(model.head.void_embedding.detach());
  return classify::fingerprint({void_row.to(at::kBFloat16).view(at::kShort).contiguous()},
                               model.config.naming.kind());
}

void check_class_rows(const classify::Vocabulary& vocabulary, const Model& model) {
  std::string fingerprint;
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    if (!entry.rows) continue;
    if (fingerprint.empty()) fingerprint = rows_fingerprint(model);
    const int64_t width = model.head.void_embedding.size(1);
    const auto theirs = std::ssize(entry.rows->out_of_vocabulary);
    if (theirs == width && entry.rows->model == fingerprint) continue;
    fail(ErrorCode::invalid_argument, "the rows of \"", text::printable(entry.synonyms.front()),
         "\" are another model's (", theirs, " numbers, model ",
         text::printable(entry.rows->model.substr(0, kShownDigits)), "; this one has ", width,
         ", model ", fingerprint.substr(0, kShownDigits),
         "); name that model with --model, or make the rows again with this one");
  }
}

}  // namespace fcclip::model

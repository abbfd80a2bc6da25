// Nothing in the network reads a number back: on a GPU each such read waits for all that was launched.
// Seen where LibTorch's own operations run, as they do on a GPU, on the processor.

#include <set>
#include <string>

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/ops/every_implementation.h"
#include "tests/segmenter/small_model.h"

namespace fcclip::segmenter {
namespace waits_test {

std::set<std::string>& seen() {
  static std::set<std::string> names;
  return names;
}

std::unique_ptr<at::ObserverContext> note(const at::RecordFunction& function) {
  seen().insert(function.name());
  return nullptr;
}

// The names of LibTorch's operations that work() runs in this thread.
template <typename Work>
std::set<std::string> operations_of(const Work& work) {
  seen().clear();
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback(note).scopes({at::RecordScope::FUNCTION}));
  work();
  at::removeCallback(handle);
  return seen();
}

// Results whose size or value the host must know.
bool reads_back(const std::set<std::string>& operations) {
  for (const char* one : {"aten::_local_scalar_dense", "aten::item", "aten::nonzero",
                          "aten::masked_select", "aten::is_nonzero", "aten::equal"}) {
    if (operations.contains(one)) return true;
  }
  return false;
}

TEST(NetworkWaits, AnItemAndANonzeroAreSeen) {
  const at::Tensor x = at::ones({3});
  EXPECT_TRUE(reads_back(operations_of([&] { x.sum().item<float>(); })));
  EXPECT_TRUE(reads_back(operations_of([&] { x.nonzero(); })));
  EXPECT_FALSE(reads_back(operations_of([&] { x.sum(); })));
}

// What is done where the masks are before the host is told anything.
void vote(const EncodedImage& image, const classify::Classification& classes) {
  const results::MaskSource masks = mask_source(image);
  results::panoptic_votes(masks, classes.log_probs[0], {});
  results::semantic_votes(masks, classes.log_probs[0]);
}

TEST(NetworkWaits, ThereAreNoneBetweenThePixelsAndTheirMasksAndClasses) {
  const ops::Forced forced(*ops::host_implementations().front());  // "aten"
  for (const ops::Products products : {ops::Products::float32, ops::Products::bfloat16}) {
    const auto model = test::small_model();
    model->prepare(products);
    const Segmenter segmenter(model, {.use_text_cache = false, .products = products});
    classify::Vocabulary words;
    words.classes = {{1, {"cat", "the cat"}, true}, {2, {"hat"}, false}};
    const PreparedVocabulary vocabulary = segmenter.prepare(words);
    const at::Tensor rgb = at::full({64, 96, 3}, 90, at::kByte);
    EncodedImage image = segmenter.encode(rgb);  // what depends on the size alone is kept
    const std::set<std::string> network = operations_of([&] { image = segmenter.encode(rgb); });
    EXPECT_TRUE(network.contains("aten::linear"));
    EXPECT_FALSE(reads_back(network));
    classify::Classification classes;
    EXPECT_FALSE(reads_back(operations_of(
        [&] { classes = segmenter.name_masks(image, vocabulary, segmenter.config().ensemble); })));
    const std::set<std::string> votes = operations_of([&] { vote(image, classes); });
    EXPECT_TRUE(votes.contains("aten::softmax"));
    EXPECT_FALSE(reads_back(votes));
  }
}

}  // namespace waits_test
}  // namespace fcclip::segmenter

#include "fcclip/model/summary_text.h"

#include <gtest/gtest.h>

namespace fcclip::model {
namespace {

FileSummary small_file() {
  FileSummary summary;
  summary.kind = FileKind::tensors;
  summary.format = "safetensors";
  summary.file_bytes = 1234567;
  summary.tensors = 2;
  summary.not_recognized = "no head";
  summary.parameters = {{"image tower", 1000}};
  summary.dtypes = {{"float32", 2}};
  return summary;
}

TEST(SummaryText, SaysWhyThereIsNoConfiguration) {
  EXPECT_EQ(summary_text("a.safetensors", small_file()),
            "a.safetensors: tensors (safetensors, 1,234,567 bytes)\n"
            "  not recognised       no head\n"
            "  parameters           1,000 in 2 tensors\n"
            "    image tower        1,000\n"
            "  element types        float32 × 2\n");
}

TEST(SummaryText, OfAModelTellsTowersDecodersAndWords) {
  FileSummary summary = small_file();
  summary.kind = FileKind::model_file;
  summary.config = Config();
  const std::string facts = configuration_facts(summary);
  EXPECT_NE(facts.find("\n  image tower          ConvNeXt, depths 3 3 27 3, "), std::string::npos)
      << facts;
  EXPECT_NE(facts.find("\n  mask decoder         9 layers, "), std::string::npos) << facts;
  EXPECT_NE(facts.find("training vocabulary  none: every class counts as unseen\n"),
            std::string::npos)
      << facts;
}

}  // namespace
}  // namespace fcclip::model

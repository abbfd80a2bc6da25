#include "fcclip/measure/measured_text.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/measure/program_start.h"

namespace fcclip::measure {
namespace measured_text_test {

Measured one_step() {
  return {{480, 640}, {{1, 10e9}}, {{"encode", "640x480", 1, 3e9, {0.5, 0.6, 0.7}}}};
}

TEST(MeasuredText, HasALineAStepWithItsShareOfThePeak) {
  std::ostringstream out;
  write_measured(out, one_step(), Plan{"some/model.safetensors"});
  const std::string text = out.str();
  EXPECT_NE(text.find("model.safetensors on cpu, float32; a picture of 640x480\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("encode  640x480        1      600.0     500.0"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("5 (50 %)\n")) << text;
}

TEST(MeasuredText, AsJsonHasEveryRepeat) {
  const auto json = nlohmann::json::parse(measured_json(one_step(), Plan{"m"}));
  EXPECT_EQ(json["steps"][0]["seconds"].size(), 3u);
  EXPECT_DOUBLE_EQ(json["steps"][0]["share_of_peak"].get<double>(), 0.5);
  EXPECT_EQ(json["picture"]["width"], 640);
}

TEST(ProgramStart, IsNothingWhereNobodyWantsToGoOn) {
  EXPECT_FALSE(program_start(3, [] { return false; }));
}

}  // namespace measured_text_test
}  // namespace fcclip::measure

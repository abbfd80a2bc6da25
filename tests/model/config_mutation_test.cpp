// Model configurations against seeded random damage: a result or an Error, nothing else.

#include <random>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model.h"
#include "tests/segmenter/small_model.h"

namespace fcclip::model {
namespace {

TEST(ModelConfigMutation, GivesAResultOrAnErrorEvenWhenAModelIsBuiltFromIt) {
  const std::string seed = to_json(test::small_config());
  const char* const pieces[] = {
      "0", "-1", "9", "null", "[]", "{}", "\"", "1e9", "99999999999999999999"};
  std::mt19937 random(7);
  int refused = 0, built = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string text = seed;
    // Most of the JSON is words; sizes stand before them.
    const size_t at = random() % text.size();
    const std::string piece = pieces[random() % std::size(pieces)];
    text.replace(at, std::min<size_t>(random() % 3, text.size() - at), piece);
    try {
      const Model model(config_from_json(text));
      ++built;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
      ++refused;
    }
  }
  EXPECT_EQ(refused + built, 2000);
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace fcclip::model

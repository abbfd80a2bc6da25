// Configurations against seeded random damage: what they say or an Error of one line, nothing else.

#include <random>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/published.h"
#include "fcclip/reference_config/configuration.h"
#include "tests/reference_config/yaml_files.h"

namespace fcclip::reference_config {
namespace {

void use(const std::string& yaml) {
  const Configuration stated = parse_configuration(yaml, "damaged.yaml");
  std::vector<std::string> notes;
  training_settings(stated, notes);
  model::Config config = model::published_config(model::published_models().at(1));
  apply(stated, {}, config);
  model::validate(named_model(stated));
}

std::string damaged(std::string text, std::mt19937& random) {
  static const char* const kPieces[] = {"0",  "-1", "9",     "nan", "[",  "}",  ": ", "\n",
                                        "  ", "\"", "1e400", "&a ", "*a", "!!", "(,", "\xff"};
  for (uint32_t n = 1 + random() % 3; n > 0; --n) {
    const size_t at = random() % text.size();
    text.replace(at, std::min<size_t>(random() % 4, text.size() - at),
                 kPieces[random() % std::size(kPieces)]);
  }
  return text;
}

TEST(ConfigurationMutation, GivesAResultOrAnError) {
  const std::string seed = test::published_yaml();
  EXPECT_NO_THROW(use(seed));
  std::mt19937 random(7);
  int refused = 0, used = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string yaml = damaged(seed, random);
    try {
      use(yaml);
      ++used;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::internal) << error.what() << '\n' << yaml;
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      ++refused;
    }
  }
  EXPECT_EQ(refused + used, 2000);
  EXPECT_GT(refused, 500);
  EXPECT_GT(used, 50);
}

}  // namespace
}  // namespace fcclip::reference_config

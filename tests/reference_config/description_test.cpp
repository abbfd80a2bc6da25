#include "fcclip/reference_config/description.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/reference_config/conversion.h"
#include "tests/reference_config/yaml_files.h"
#include "tests/support/files.h"

namespace fcclip::reference_config {
namespace description_test {

TEST(Description, OfTheReferencesFileIsTheModelAndItsTasks) {
  const Configuration stated = parse_configuration(test::published_yaml(), "fcclip.yaml");
  const std::string text = description_text(stated);
  EXPECT_TRUE(text.starts_with("fcclip.yaml: configuration of the reference\n")) << text;
  EXPECT_NE(text.find("250 queries\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  input                shorter side "), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\n  tasks                " + tasks(stated) + "\n")) << text;
  const auto json = nlohmann::json::parse(description_json(stated));
  EXPECT_EQ(json["tasks"], tasks(stated));
  EXPECT_TRUE(json["config"].is_object());
}

TEST(Description, AConfigurationIsATextWithOneOfItsSections) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "a";
  EXPECT_TRUE(is_configuration(test::write_file(path, "SEED: 1\nMODEL:\n  WEIGHTS: x\n")));
  EXPECT_FALSE(is_configuration(test::write_file(path, "cat\ndog\n")));
  EXPECT_FALSE(is_configuration(test::write_file(path, " MODEL: x\n")));
}

TEST(Conversions, AreConfiguredByYamlOrJson) {
  const test::TemporaryFolder folder;
  model::ConvertOptions options;
  configure(options, test::write_file(folder.path() / "a.json", "\n{\"a\": 1}"));
  EXPECT_EQ(options.reference_config, "\n{\"a\": 1}");
  EXPECT_FALSE(options.adjust);
  model::ConvertOptions of_yaml;
  configure(of_yaml, test::write_file(folder.path() / "a.yaml", test::published_yaml()));
  EXPECT_TRUE(of_yaml.reference_config.empty());
  EXPECT_TRUE(of_yaml.adjust);
}

}  // namespace description_test
}  // namespace fcclip::reference_config

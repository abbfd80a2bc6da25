#include "fcclip/outputs/file_names.h"

#include <gtest/gtest.h>

namespace fcclip::outputs {
namespace file_names_test {

TEST(FileNamePart, KeepsLettersOfAnyScriptAlone) {
  EXPECT_EQ(file_name_part("baseball bat"), "baseball_bat");
  EXPECT_EQ(file_name_part("../../etc/passwd"), "_etc_passwd");
  EXPECT_EQ(file_name_part("a.b\\c:d*e?\"<>|"), "a_b_c_d_e_");
  EXPECT_EQ(file_name_part("Straße-7_b"), "Straße-7_b");
  EXPECT_EQ(file_name_part("हिन्दी 椅子 🦇"), "हिन्दी_椅子_🦇");
  EXPECT_EQ(file_name_part("a\n\x1b\x7f\u202E\u200Bb"), "a_b");
  EXPECT_EQ(file_name_part("caf\xe9"), "caf_");
  EXPECT_EQ(file_name_part(""), "_");
  EXPECT_EQ(file_name_part("..."), "_");
}

TEST(FileNamePart, IsCutBetweenCharacters) {
  EXPECT_EQ(file_name_part(std::string(300, 'n')), std::string(60, 'n'));
  EXPECT_EQ(file_name_part("椅子椅子", 7), "椅子");
  EXPECT_EQ(file_name_part("椅子", 2), "_");
}

}  // namespace file_names_test
}  // namespace fcclip::outputs

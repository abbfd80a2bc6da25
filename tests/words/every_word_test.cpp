#include "fcclip/words/every_word.h"

#include <gtest/gtest.h>

#include "tests/io/temporary_folder.h"
#include "tests/support/files.h"

namespace fcclip::words {
namespace {

TEST(EveryWord, IsThereOnceInTheOrderOfTheAlphabet) {
  const test::TemporaryFolder folder;
  const std::string first = test::write_file(folder.path() / "a.txt", "cow\ncat | kitten\n");
  const std::string second = test::write_file(folder.path() / "b.txt", "cow\nbat\n");
  const classify::Vocabulary words = every_word({first, second});
  std::string all;
  for (const classify::VocabularyClass& entry : words.classes) {
    EXPECT_EQ(entry.synonyms.size(), 1u);
    all += entry.synonyms.front() + ' ';
  }
  EXPECT_EQ(all, "bat cat cow kitten ");
}

TEST(EveryWord, OfNoNameIsOfAllThatAreBuiltIn) {
  EXPECT_GT(every_word({}).classes.size(), every_word({"coco"}).classes.size());
}

}  // namespace
}  // namespace fcclip::words

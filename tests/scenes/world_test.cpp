#include "fcclip/scenes/world.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/temporary_folder.h"
#include "tests/scenes/small_world.h"

namespace fcclip::scenes {
namespace {

class WorldFile : public ::testing::Test {
 protected:
  std::shared_ptr<const World> open(int64_t min_pictures = 3) const {
    return World::open(path(), {min_pictures});
  }
  std::filesystem::path path() const { return folder_.path() / "world.safetensors"; }
  void expect_refused(ErrorCode code, const std::string& part) const {
    try {
      open();
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("make world"), std::string::npos) << error.what();
    }
  }
  test::TemporaryFolder folder_;
};

std::vector<std::string> held_out_ids(const Concept& entry) {
  std::vector<std::string> ids;
  for (const Picture& picture : entry.pictures) {
    if (picture.held_out) ids.push_back(picture.id);
  }
  return ids;
}

TEST_F(WorldFile, GivesConceptsThingsFirstWithTheirPictures) {
  test::SmallWorld::make().save(path());
  const auto world = open();
  ASSERT_EQ(world->concepts().size(), 11u);
  ASSERT_EQ(world->vocabulary().classes.size(), 11u);
  for (size_t k = 0; k < 11; ++k) {
    const Concept& entry = world->concepts()[k];
    EXPECT_EQ(entry.is_thing, k < 8) << entry.name;
    EXPECT_EQ(world->vocabulary().classes[k].is_thing, entry.is_thing);
    EXPECT_EQ(world->vocabulary().classes[k].id, static_cast<int64_t>(k) + 1);
    EXPECT_EQ(world->vocabulary().classes[k].synonyms.front(), entry.name);
    EXPECT_EQ(world->vocabulary().classes[k].synonyms.size(), 2u);
    EXPECT_EQ(entry.pictures.size(), entry.is_thing ? 4u : 3u);
  }
  EXPECT_FALSE(world->concepts()[1].is_seen);
  EXPECT_TRUE(
      at::equal(world->concepts()[2].pictures[1].pixels, test::SmallWorld::disc(50, 70, 60, 60)));
}

TEST_F(WorldFile, LeavesOutThingsWithFewPicturesButNoStuff) {
  test::SmallWorld world = test::SmallWorld::make();
  world.concepts[0]["count"] = 2;
  world.concepts[9]["count"] = 1;
  world.save(path());
  EXPECT_EQ(open(3)->concepts().size(), 10u);
  EXPECT_EQ(open(3)->concepts().front().name, "thing1");
  EXPECT_EQ(open(2)->concepts().size(), 11u);
}

TEST_F(WorldFile, HoldsOutOnePictureOfEveryConceptWithTwo) {
  test::SmallWorld world = test::SmallWorld::make();
  world.add_concept("lonely", true, true, 1);
  world.add_picture("lonely", "l0", true, test::SmallWorld::disc(40, 40, 1, 2));
  world.save(path());
  const auto open_world = open(1);
  for (const Concept& entry : open_world->concepts()) {
    EXPECT_EQ(held_out_ids(entry).size(), entry.name == "lonely" ? 0u : 1u) << entry.name;
  }
}

TEST_F(WorldFile, LookAlikesAreHeldOutTogetherOrNotAtAll) {
  test::SmallWorld world = test::SmallWorld::make();
  for (const char* id : {"t0_0", "t0_1", "t0_2"}) world.picture(id)["look_alikes"] = "t0_0";
  for (const char* id : {"t2_0", "t2_1"}) world.picture(id)["look_alikes"] = "t2_0";
  for (const char* id : {"t2_2", "t2_3"}) world.picture(id)["look_alikes"] = "t2_2";
  for (int p = 0; p < 4; ++p) world.picture("t4_" + std::to_string(p))["look_alikes"] = "t4_0";
  world.save(path());
  const auto open_world = open();
  EXPECT_EQ(held_out_ids(open_world->concepts()[0]), std::vector<std::string>{"t0_3"});
  const std::vector<std::string> pair = held_out_ids(open_world->concepts()[2]);
  ASSERT_EQ(pair.size(), 2u);
  EXPECT_TRUE(pair == (std::vector<std::string>{"t2_0", "t2_1"}) ||
              pair == (std::vector<std::string>{"t2_2", "t2_3"}));
  EXPECT_TRUE(held_out_ids(open_world->concepts()[4]).empty());  // nothing would stay known
}

TEST_F(WorldFile, NeverHoldsOutExtraPicturesOrALoneStyleWhereItCanChoose) {
  test::SmallWorld world = test::SmallWorld::make();
  for (const char* id : {"t0_0", "t0_1", "t0_2"}) world.picture(id)["is_extra"] = true;
  for (int k = 1; k < 8; ++k) {
    world.picture("t" + std::to_string(k) + "_2")["style"] = "photo";
  }
  world.save(path());
  const auto open_world = open();
  EXPECT_EQ(held_out_ids(open_world->concepts()[0]), std::vector<std::string>{"t0_3"});
  for (int k = 1; k < 8; ++k) {
    EXPECT_NE(held_out_ids(open_world->concepts()[k]).front(), "t" + std::to_string(k) + "_2");
  }
}

TEST_F(WorldFile, WritesItsWordsAsVocabularies) {
  test::SmallWorld::make().save(path());
  const auto world = open();
  const classify::Vocabulary all =
      classify::parse_vocabulary_text(vocabulary_text(*world, /*only_seen=*/false));
  ASSERT_EQ(all.classes.size(), 11u);
  for (size_t k = 0; k < 11; ++k) {
    EXPECT_EQ(all.classes[k].synonyms, world->vocabulary().classes[k].synonyms);
    EXPECT_EQ(all.classes[k].is_thing, world->vocabulary().classes[k].is_thing);
  }
  const classify::Vocabulary seen =
      classify::parse_vocabulary_text(vocabulary_text(*world, /*only_seen=*/true));
  EXPECT_EQ(seen.classes.size(), 7u);  // four things, three stuff
}

TEST_F(WorldFile, MissingFileNamesWhatMakesIt) {
  expect_refused(ErrorCode::not_found, path().string());
}

TEST_F(WorldFile, RefusesOtherFiles) {
  io::save_safetensors(path(), {{"weight", at::zeros({2})}});
  expect_refused(ErrorCode::bad_format, "format");
}

TEST_F(WorldFile, RefusesAMissingPicture) {
  test::SmallWorld world = test::SmallWorld::make();
  world.tensors.erase(world.tensors.begin());
  world.save(path());
  expect_refused(ErrorCode::bad_format, "t0_0");
}

TEST_F(WorldFile, RefusesPicturesOfAnotherShape) {
  test::SmallWorld world = test::SmallWorld::make();
  world.tensors[1].second = at::zeros({4, 4, 3}, at::kByte);
  world.save(path());
  expect_refused(ErrorCode::bad_format, "t0_1");
}

TEST_F(WorldFile, RefusesBrokenTables) {
  test::SmallWorld world = test::SmallWorld::make();
  world.pictures[3].erase("caption");
  world.save(path());
  expect_refused(ErrorCode::bad_format, "caption");
  world = test::SmallWorld::make();
  world.concepts = "no list";
  world.save(path());
  expect_refused(ErrorCode::bad_format, "concepts");
}

TEST_F(WorldFile, RefusesAConceptWithoutPictures) {
  test::SmallWorld world = test::SmallWorld::make();
  world.add_concept("ghost", true, true, 5);
  world.save(path());
  expect_refused(ErrorCode::bad_format, "ghost");
}

}  // namespace
}  // namespace fcclip::scenes

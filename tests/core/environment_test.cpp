#include "fcclip/core/environment.h"

#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip {
namespace {

class Environment : public testing::Test {
 protected:
  void set(const std::map<std::string, std::string>& variables) {
    clear();
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  }
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }

  static void expect_refused(const std::string& part) {
    try {
      process_place();
      ADD_FAILURE() << "no error about " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }

 private:
  static void clear() {
    for (const char* name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "SLURM_PROCID",
                             "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "OMPI_COMM_WORLD_RANK",
                             "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"}) {
      unsetenv(name);
    }
  }
};

TEST_F(Environment, NobodySaysAnythingOneIsAlone) {
  const ProcessPlace place = process_place();
  EXPECT_EQ(place.rank, 0);
  EXPECT_EQ(place.count, 1);
  EXPECT_FALSE(place.local_rank);
}

TEST_F(Environment, EveryLauncherIsUnderstood) {
  const std::vector<std::map<std::string, std::string>> launchers = {
      {{"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}},
      {{"SLURM_PROCID", "5"}, {"SLURM_STEP_NUM_TASKS", "8"}, {"SLURM_LOCALID", "1"}},
      {{"OMPI_COMM_WORLD_RANK", "5"},
       {"OMPI_COMM_WORLD_SIZE", "8"},
       {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}}};
  for (const auto& launcher : launchers) {
    set(launcher);
    const ProcessPlace place = process_place();
    EXPECT_EQ(place.rank, 5);
    EXPECT_EQ(place.count, 8);
    EXPECT_EQ(place.local_rank, 1);
  }
}

TEST_F(Environment, ABatchScriptOfSlurmIsNoTask) {
  set({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "0"}});
  EXPECT_EQ(process_place().count, 1);
  unsetenv("SLURM_NTASKS");
}

TEST_F(Environment, AnEmptyVariableIsNotThere) {
  set({{"RANK", ""}, {"WORLD_SIZE", ""}});
  EXPECT_EQ(process_place().count, 1);
}

TEST_F(Environment, WhatDoesNotFitIsNamed) {
  set({{"WORLD_SIZE", "2"}});
  expect_refused("RANK is missing");
  set({{"RANK", "2"}, {"WORLD_SIZE", "2"}});
  expect_refused("RANK is 2 but WORLD_SIZE is 2");
  set({{"RANK", "5"}});
  expect_refused("WORLD_SIZE is missing");
  set({{"RANK", "one"}, {"WORLD_SIZE", "2"}});
  expect_refused("environment variable RANK is \"one\"");
  set({{"RANK", "0"}, {"WORLD_SIZE", "-2"}});
  expect_refused("environment variable WORLD_SIZE is \"-2\"");
}

}  // namespace
}  // namespace fcclip

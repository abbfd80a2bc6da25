#include "fcclip/io/checkpoint.h"

#include <map>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/handmade_checkpoint.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::io {
namespace checkpoint_test {

namespace fs = std::filesystem;
namespace pickle = test::pickle;

const std::map<std::string, at::ScalarType> kDtypes = {
    {"float32", at::kFloat},  {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
    {"float64", at::kDouble}, {"int64", at::kLong},   {"int32", at::kInt},
    {"uint8", at::kByte},     {"int8", at::kChar},    {"bool", at::kBool}};

std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

Checkpoint open_bytes(const std::string& bytes) {
  return open_checkpoint(test::file_of(bytes));
}

ErrorCode code_of(const std::shared_ptr<const MappedFile>& file) {
  return test::code_of([&] { open_checkpoint(file); }, file->path().filename().string());
}

ErrorCode code_of_bytes(const std::string& bytes) {
  return code_of(test::file_of(bytes));
}

std::string zip_with(const std::string& pickle, size_t data_bytes = 16) {
  return test::zip_of({{"x/data.pkl", pickle}, {"x/data/0", std::string(data_bytes, '\0')}});
}

std::string zip_with_tensor(int32_t offset, const std::vector<int32_t>& shape,
                            const std::vector<int32_t>& strides, int32_t storage_size = 4) {
  return zip_with(pickle::whole(
      pickle::dict({{"w", pickle::tensor(pickle::storage("FloatStorage", "0", storage_size), offset,
                                         shape, strides)}})));
}

TEST(Checkpoint, TheStateDictIsFoundUnderModelOrStateDict) {
  for (const char* key : {"model", "state_dict"}) {
    const std::string tensor = pickle::tensor(pickle::storage("FloatStorage", "0", 4), 0, {4}, {1});
    const Checkpoint checkpoint = open_bytes(zip_with(pickle::whole(
        pickle::dict({{key, pickle::dict({{"module.a", tensor}, {"module.b", tensor}})},
                      {"iteration", pickle::integer(77)},
                      {"optimizer", pickle::dict({})}}))));
    EXPECT_EQ(checkpoint.container, key);
    EXPECT_EQ(checkpoint.iteration, 77);
    EXPECT_EQ(checkpoint.others, (std::vector<std::string>{"iteration", "optimizer"}));
    ASSERT_EQ(checkpoint.tensors.size(), 2u);
    EXPECT_EQ(checkpoint.tensors[0].first, "a");
    EXPECT_EQ(checkpoint.find("a").data_ptr(),
              checkpoint.find("b").data_ptr());  // shared, not copied
  }
}

std::string message_of(const std::string& bytes, const std::string& container = "") {
  return test::message_of([&] {
    open_checkpoint(test::file_of(bytes), {Checksums::skip, container});
  });
}

TEST(Checkpoint, TheOnlyContainerIsTakenWhateverItsName) {
  const std::string tensor = pickle::tensor(pickle::storage("FloatStorage", "0", 4), 0, {4}, {1});
  const std::string weights = pickle::dict({{"a", tensor}, {"b", tensor}});
  const std::string adam = pickle::dict({{"state", pickle::dict({{"a", weights}})}});
  const std::pair<std::string, std::string> forms[] = {
      {"model_ema", pickle::dict({{"model_ema", weights}, {"epoch", pickle::integer(3)}})},
      {"module", pickle::dict({{"module", weights}, {"optimizer", adam}})},
      {"model.state_dict", pickle::dict({{"model", pickle::dict({{"state_dict", weights}})}})},
      {"state_dict", pickle::dict({{"state_dict", weights}, {"optimizer_states", adam}})},
      {"", pickle::dict({{"a", tensor}, {"b", tensor}, {"epoch", pickle::integer(3)}})}};
  for (const auto& [container, content] : forms) {
    const Checkpoint checkpoint = open_bytes(zip_with(pickle::whole(content)));
    EXPECT_EQ(checkpoint.container, container);
    EXPECT_EQ(checkpoint.tensors.size(), 2u) << container;
  }
}

TEST(Checkpoint, OfSeveralContainersOneIsChosen) {
  const std::string tensor = pickle::tensor(pickle::storage("FloatStorage", "0", 4), 0, {4}, {1});
  const std::string bytes = zip_with(pickle::whole(
      pickle::dict({{"model", pickle::dict({{"a", tensor}})},
                    {"ema", pickle::dict({{"state_dict", pickle::dict({{"b", tensor}})}})}})));
  const std::string message = message_of(bytes);
  EXPECT_NE(message.find("model (1 tensors), ema.state_dict (1 tensors)"), std::string::npos)
      << message;
  EXPECT_NE(message.find("--container"), std::string::npos) << message;
  EXPECT_NE(message_of(bytes, "teacher").find("none is called teacher"), std::string::npos);
  const Checkpoint checkpoint =
      open_checkpoint(test::file_of(bytes), {Checksums::skip, "ema.state_dict"});
  EXPECT_TRUE(checkpoint.find("b").defined());
  EXPECT_EQ(checkpoint.others, std::vector<std::string>{"model"});
}

TEST(Checkpoint, ADictThatHoldsItselfEnds) {
  // BINPUT 0, then the dict under its own key "model".
  const std::string bytes = zip_with("\x80\x02}q" + std::string(1, '\0') + pickle::text("model") +
                                     "h" + std::string(1, '\0') + "s.");
  EXPECT_NE(message_of(bytes).find("holds no weights"), std::string::npos) << message_of(bytes);
}

TEST(Checkpoint, APrefixThatNotAllNamesHaveStays) {
  const std::string tensor = pickle::tensor(pickle::storage("FloatStorage", "0", 4), 0, {4}, {1});
  const Checkpoint checkpoint =
      open_bytes(zip_with(pickle::whole(pickle::dict({{"module.a", tensor}, {"b", tensor}}))));
  EXPECT_TRUE(checkpoint.find("module.a").defined());
}

TEST(Checkpoint, TensorsMustLieInsideTheirStorage) {
  EXPECT_EQ(open_bytes(zip_with_tensor(0, {2, 2}, {2, 1})).tensors.size(), 1u);
  EXPECT_EQ(open_bytes(zip_with_tensor(1, {3, 5}, {1, 0})).tensors.size(), 1u);
  EXPECT_EQ(open_bytes(zip_with_tensor(0, {0, 7}, {7, 1})).find("w").numel(), 0);
  EXPECT_EQ(open_bytes(zip_with_tensor(3, {}, {})).find("w").dim(), 0);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(4, {}, {})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(1, {2, 2}, {2, 1})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(-1, {2}, {1})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(3, {2}, {-1})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(0, {-2, -2}, {2, 1})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(0, {2, 2}, {1})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(0, {0x7fffffff, 0x7fffffff, 0x7fffffff},
                                          {0x7fffffff, 0x7fffffff, 0x7fffffff})),
            ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(0, {2}, {1}, -4)), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with_tensor(0, {2}, {1}, 5)), ErrorCode::bad_format);  // of 4 on disk
}

TEST(Checkpoint, WhatIsNoStateDictSaysWhatItIs) {
  EXPECT_EQ(code_of_bytes(zip_with(pickle::whole("]"))), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with(pickle::whole(pickle::dict({{"a", pickle::text("b")}})))),
            ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(zip_with(pickle::whole(pickle::dict({{"model", "K\x01"}})))),
            ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(test::zip_of({{"word/document.xml", "<x/>"}})), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(test::zip_of({{"x/data.pkl", ""}, {"x/constants.pkl", ""}})),
            ErrorCode::unsupported);
  EXPECT_EQ(code_of_bytes("some text"), ErrorCode::bad_format);
  EXPECT_EQ(code_of_bytes(""), ErrorCode::bad_format);
  EXPECT_EQ(
      code_of_bytes(test::zip_of({{"x/data.pkl", pickle::whole("}")}, {"x/byteorder", "big"}})),
      ErrorCode::unsupported);
}

TEST(Checkpoint, EveryTruncationOfEveryFormIsRefused) {
  for (const std::string& whole :
       {test::small_zip_checkpoint(), test::small_legacy_checkpoint(), test::small_safetensors()}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(code_of_bytes(whole.substr(0, size)), ErrorCode::bad_format) << size;
    }
  }
}

TEST(Checkpoint, ALegacyFileMayNotClaimMoreThanItHolds) {
  std::string bytes = test::small_legacy_checkpoint();
  bytes.replace(bytes.size() - 24, 8, test::number(uint64_t{1} << 62, 8));
  EXPECT_EQ(code_of_bytes(bytes), ErrorCode::bad_format);
}

class RecordedCheckpoint : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedCheckpoint, HoldsTheRecordedTensors) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json expected =
      test::golden_json("checkpoints/expected.json").at("files").at(GetParam());
  const Checkpoint checkpoint =
      open_checkpoint(test::goldens_folder() / "checkpoints" / GetParam());
  ASSERT_EQ(checkpoint.tensors.size(), expected.at("tensors").size());
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const nlohmann::json& want = expected.at("tensors").at(name);
    EXPECT_EQ(tensor.sizes().vec(), want.at("shape").get<std::vector<int64_t>>()) << name;
    EXPECT_EQ(tensor.scalar_type(), kDtypes.at(want.at("dtype"))) << name;
    const double sum = want.at("sum");
    EXPECT_NEAR(tensor.to(at::kDouble).sum().item<double>(), sum, 1e-9 * std::abs(sum) + 1e-9)
        << name;
    std::vector<double> first = values_of(tensor);
    first.resize(want.at("first").size());
    EXPECT_EQ(first, want.at("first").get<std::vector<double>>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, RecordedCheckpoint,
                         ::testing::Values("model_detectron2.pth", "open_clip_pytorch_model.bin",
                                           "open_clip_model.safetensors"));

TEST(Checkpoint, TheRecordedTrainingCheckpointTellsWhatElseItHolds) {
  FCCLIP_NEEDS_GOLDENS();
  const Checkpoint checkpoint =
      open_checkpoint(test::goldens_folder() / "checkpoints/model_detectron2.pth");
  EXPECT_EQ(checkpoint.container, "model");
  EXPECT_EQ(checkpoint.iteration, 1234);
  const std::set<std::string> others(checkpoint.others.begin(), checkpoint.others.end());
  for (const char* name : {"optimizer", "iteration", "numpy_scalar", "numpy_array", "nested"}) {
    EXPECT_TRUE(others.contains(name)) << name;
  }
}

class RecordedVariety : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedVariety, EveryDtypeAndViewComesOutRight) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json all = test::golden_json("checkpoints/expected.json");
  const Checkpoint checkpoint =
      open_checkpoint(test::goldens_folder() / "checkpoints" / GetParam());
  EXPECT_GE(checkpoint.tensors.size(), 14u);
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const nlohmann::json& want = all.at("variety").at(name);
    EXPECT_EQ(tensor.sizes().vec(), want.at("shape").get<std::vector<int64_t>>()) << name;
    EXPECT_EQ(tensor.scalar_type(), kDtypes.at(want.at("dtype"))) << name;
    EXPECT_EQ(values_of(tensor), want.at("values").get<std::vector<double>>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, RecordedVariety,
                         ::testing::Values("variety_zip.pth", "variety_zip_pickle4.pth",
                                           "variety_legacy.pth", "variety_module_prefix.pth",
                                           "variety_state_dict_wrapped.pth",
                                           "variety.safetensors"));

// Well-formed as files; what is wrong with them a model says.
const std::set<std::string> kReadable = {"missing_keys.pth",      "nan_values.pth",
                                         "unexpected_key.pth",    "wrong_shapes.pth",
                                         "tensor_ok_control.pth", "st_control_ok.safetensors"};
const std::map<std::string, ErrorCode> kCodes = {
    {"plain_pickle_os_system.pkl", ErrorCode::unsafe_file},
    {"reduce_eval_legacy.pth", ErrorCode::unsafe_file},
    {"reduce_os_system_zip.pth", ErrorCode::unsafe_file},
    {"zip_bomb_deflate.pth", ErrorCode::unsupported}};

TEST(Checkpoint, RecordedHostileFilesAreRefusedAndNothingIsRun) {
  FCCLIP_NEEDS_GOLDENS();
  size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(test::goldens_folder() / "checkpoints/hostile")) {
    const std::string name = entry.path().filename();
    ++seen;
    if (kReadable.contains(name)) {
      EXPECT_GT(open_checkpoint(entry.path()).tensors.size(), 0u) << name;
      continue;
    }
    const auto code = kCodes.find(name);
    EXPECT_EQ(code_of(MappedFile::open(entry.path())),
              code == kCodes.end() ? ErrorCode::bad_format : code->second)
        << name;
  }
  EXPECT_EQ(seen, 47u);
  EXPECT_FALSE(fs::exists("PWNED"));
}

}  // namespace checkpoint_test
}  // namespace fcclip::io

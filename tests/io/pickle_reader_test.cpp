#include "fcclip/io/pickle_reader.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/handmade_checkpoint.h"
#include "tests/support/errors.h"

namespace fcclip::io {
namespace pickle_reader_test {

namespace pickle = test::pickle;

PickleDocument read(const std::string& bytes) {
  return read_pickle(std::as_bytes(std::span(bytes.data(), bytes.size())), "test.pkl");
}

ErrorCode code_of(const std::string& bytes) {
  return test::code_of([&] { read(bytes); }, "test.pkl");
}

TEST(PickleReader, ReadsScalarsOfEveryWidth) {
  const std::string list =
      "](K\x07M\x34\x12" + pickle::integer(-5) + std::string("\x8a\x02\x00\xff", 4) +
      std::string("G\x3f\xf8\0\0\0\0\0\0", 9) + "\x88N" + std::string("\x8a\x00", 2) + "e";
  const PickleDocument document = read(pickle::whole(list));
  const PickleValue& root = document.at(document.root);
  ASSERT_EQ(root.kind, PickleKind::list);
  ASSERT_EQ(root.items.size(), 8u);
  EXPECT_EQ(document.at(root.items[0]).integer, 7);
  EXPECT_EQ(document.at(root.items[1]).integer, 0x1234);
  EXPECT_EQ(document.at(root.items[2]).integer, -5);
  EXPECT_EQ(document.at(root.items[3]).integer, -256);
  EXPECT_EQ(document.at(root.items[4]).real, 1.5);
  EXPECT_EQ(document.at(root.items[5]).kind, PickleKind::boolean);
  EXPECT_EQ(document.at(root.items[6]).kind, PickleKind::none);
  EXPECT_EQ(document.at(root.items[7]).integer, 0);
}

TEST(PickleReader, ALaterKeyReplacesAnEarlierOne) {
  const PickleDocument document =
      read(pickle::whole(pickle::dict({{"a", "K\x01"}, {"b", "K\x02"}, {"a", "K\x03"}})));
  EXPECT_EQ(document.find(document.at(document.root), "a")->integer, 3);
  EXPECT_EQ(document.find(document.at(document.root), "c"), nullptr);
}

TEST(PickleReader, MemoSharesAndMayBeCyclic) {
  const PickleDocument document =
      read(pickle::whole("]q\x05(h\x05h\x05"
                         "e"));
  const PickleValue& root = document.at(document.root);
  EXPECT_EQ(root.items, (std::vector<PickleRef>{document.root, document.root}));
}

TEST(PickleReader, ReadsProtocol4Names) {
  const std::string bytes = std::string("\x80\x04\x95\0\0\0\0\0\0\0\0", 11) +
                            "\x8c\x0b"
                            "collections\x94" +
                            "\x8c\x0bOrderedDict\x94\x93\x94)R.";
  const PickleDocument document = read(bytes);
  EXPECT_EQ(document.at(document.root).kind, PickleKind::dict);
  EXPECT_EQ(document.consumed, bytes.size());
}

TEST(PickleReader, NumpyScalarsOfProtocol2AreRead) {
  const std::string dtype = pickle::global("numpy", "dtype") +
                            pickle::tuple({pickle::text("f8"), "\x89", "\x88"}) + "R" +
                            pickle::tuple({"K\x03", pickle::text("<")}) + "b";
  const std::string bytes =
      pickle::global("_codecs", "encode") +
      pickle::tuple({pickle::text(std::string("\0\0\0\0\0\0\x04@", 8)), pickle::text("latin1")}) +
      "R";
  const PickleDocument document = read(pickle::whole(
      pickle::global("numpy.core.multiarray", "scalar") + pickle::tuple({dtype, bytes}) + "R"));
  EXPECT_EQ(document.at(document.root).kind, PickleKind::real);
  EXPECT_EQ(document.at(document.root).real, 2.5);
}

class UnsafeName : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(UnsafeName, IsRefusedHoweverItIsAskedFor) {
  const auto [module, name] = GetParam();
  const std::string arguments = pickle::tuple({pickle::text("touch PWNED")});
  EXPECT_EQ(code_of(pickle::whole(pickle::global(module, name) + arguments + "R")),
            ErrorCode::unsafe_file);
  EXPECT_EQ(
      code_of(pickle::whole(pickle::text(module) + pickle::text(name) + "\x93" + arguments + "R")),
      ErrorCode::unsafe_file);
  EXPECT_EQ(code_of(pickle::whole(std::string("(i") + module + "\n" + name + "\n")),
            ErrorCode::unsafe_file);
}

INSTANTIATE_TEST_SUITE_P(
    PickleReader, UnsafeName,
    ::testing::Values(std::pair{"os", "system"}, std::pair{"posix", "system"},
                      std::pair{"builtins", "eval"}, std::pair{"builtins", "getattr"},
                      std::pair{"__builtin__", "exec"}, std::pair{"subprocess", "Popen"},
                      std::pair{"torch", "load"}, std::pair{"torch.hub", "load"},
                      std::pair{"torch._utils", "_rebuild"}, std::pair{"torch", "FloatStorage.x"},
                      std::pair{"", ""}, std::pair{"numpy", "load"}));

TEST(PickleReader, ANameCantBreakTheMessageIntoLines) {
  try {
    read(pickle::whole(pickle::text("o\ns\x1b[31m") + pickle::text("system") + "\x93"));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find_first_of("\n\x1b"), std::string::npos);
  }
}

TEST(PickleReader, AllowedNamesAreOnlyCalledWithWhatTorchGivesThem) {
  EXPECT_EQ(code_of(pickle::whole(pickle::global("torch", "FloatStorage") + ")R")),
            ErrorCode::bad_format);
  EXPECT_EQ(code_of(pickle::whole(pickle::global("torch._utils", "_rebuild_tensor_v2") + ")R")),
            ErrorCode::bad_format);
  EXPECT_EQ(code_of(pickle::whole("K\x01)R")), ErrorCode::unsafe_file);
}

class Malformed : public ::testing::TestWithParam<std::string> {};

TEST_P(Malformed, IsRefused) {
  EXPECT_EQ(code_of(GetParam()), ErrorCode::bad_format);
}

INSTANTIATE_TEST_SUITE_P(
    PickleReader, Malformed,
    ::testing::Values(
        std::string(), std::string("\x80"), std::string("\x80\x02"), pickle::whole(""),
        pickle::whole("t"), pickle::whole("a"), pickle::whole("0"), pickle::whole("(0"),
        pickle::whole("K\x01K\x02"
                      "a"),
        pickle::whole("}(K\x01u"), pickle::whole("}K\x01K\x02K\x03u"), pickle::whole("h\x01"),
        pickle::whole("X\xff\xff\xff\x7f"), pickle::whole("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"),
        pickle::whole("\x8a\xff"), pickle::whole("cno newline"), pickle::whole("K\x01Q"),
        pickle::whole("(Q"), pickle::whole(")Q"), pickle::whole("\x82\x01"),
        pickle::whole("K\x01)b"), pickle::whole("S'text'\n"),
        pickle::whole("(K\x01"
                      "0"
                      "0")));

TEST(PickleReader, DeepNestingCostsNoStack) {
  std::string nested = pickle::whole(std::string(1'000'000, ']') + std::string(999'999, 'a'));
  EXPECT_EQ(read(nested).values.size(), 1'000'000u);
  EXPECT_EQ(code_of(pickle::whole(std::string(5'000'000, ']'))), ErrorCode::bad_format);
  EXPECT_EQ(code_of(pickle::whole(std::string(5'000'000, '('))), ErrorCode::bad_format);
  EXPECT_EQ(code_of(pickle::whole("]" + std::string(5'000'000, '2'))), ErrorCode::bad_format);
}

}  // namespace pickle_reader_test
}  // namespace fcclip::io

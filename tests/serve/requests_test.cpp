// How requests are read: targets, fields, forms, headers.

#include <gtest/gtest.h>

#include "fcclip/serve/base64_text.h"
#include "fcclip/serve/fields.h"
#include "fcclip/serve/header_values.h"
#include "fcclip/serve/multipart.h"
#include "fcclip/serve/routes.h"
#include "fcclip/serve/upload.h"
#include "tests/support/errors.h"

namespace fcclip::serve {
namespace {

using Path = std::vector<std::string>;

TEST(Target, IsDecodedOnce) {
  Target target = parse_target("/v1/a%20b?words=cat%2C+dog&n=%2541");
  EXPECT_EQ(target.path, (Path{"v1", "a b"}));
  EXPECT_EQ(target.query.text("words"), "cat, dog");
  EXPECT_EQ(target.query.text("n"), "%41");
  EXPECT_EQ(parse_target("/").path, Path{""});
  EXPECT_EQ(parse_target("/v1/").path, (Path{"v1", ""}));
}

TEST(Target, RefusesWhatIsNoPath) {
  for (const char* text : {"", "v1", "http://x/v1", "*", "/a b", "/%", "/%2", "/\xC3\xA4"})
    EXPECT_ERROR(invalid_argument, "path", parse_target(text)) << text;
}

TEST(Fields, ReadNumbersFromTexts) {
  Fields fields;
  fields.add_text("a", "0.5");
  fields.add("b", 2);
  fields.add_text("c", "true");
  EXPECT_EQ(fields.number("a", 0, 1), 0.5);
  EXPECT_EQ(fields.whole("b", 0, 5), 2);
  EXPECT_EQ(fields.truth("c"), true);
  EXPECT_FALSE(fields.number("none", 0, 1));
  fields.check_all_known();
}

TEST(Fields, RefuseValuesByName) {
  Fields fields;
  fields.add_text("a", "0.5x");
  fields.add("b", 2.5);
  fields.add("c", nlohmann::json::array({1}));
  EXPECT_ERROR(invalid_value, "a: \"0.5x\" is not a number", fields.number("a", 0, 1));
  EXPECT_ERROR(invalid_value, "b: 2.5", fields.whole("b", 0, 5));
  EXPECT_ERROR(invalid_value, "c: 1 is not a text", fields.list("c"));
  EXPECT_ERROR(invalid_value, "a: given twice", fields.add("a", 1));
  EXPECT_ERROR(invalid_value, "d: null", fields.add("d", nullptr));
  fields.add("e", "0.5");
  EXPECT_ERROR(invalid_value, "e: \"0.5\" is not a number", fields.number("e", 0, 1));
  fields.number("b", 0, 5);
  fields.add("f", 3.0);
  EXPECT_EQ(fields.whole("f", 0, 5), 3);
  fields.add("g", 1e300);
  EXPECT_ERROR(invalid_value, "g", fields.whole("g", 0, 5));
  fields.add("aplha", 1);
  fields.number("alpha", 0, 1);
  EXPECT_ERROR(invalid_value, "aplha: no such field here (did you mean alpha?)",
               fields.check_all_known());
}

TEST(Multipart, GivesPartsAsTheyAre) {
  const std::string bytes("a\r\n--b\0\xFF", 8);
  const std::string body =
      "a word before\r\n--b7\r\ncontent-disposition: form-data; name=\"one\"\r\n\r\n" + bytes +
      "\r\n--b7  \r\nContent-Disposition: form-data; name=two; filename=\"a \\\"b\\\".png\"\r\n"
      "Content-Type: image/png\r\n\r\n\r\n--b7--\r\nand behind";
  const std::vector<FormPart> parts = parse_multipart(body, "b7");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "one");
  EXPECT_EQ(parts[0].content, bytes);
  EXPECT_EQ(parts[1].filename, "a \"b\".png");
  EXPECT_EQ(parts[1].content_type, "image/png");
  EXPECT_EQ(parts[1].content, "");
}

TEST(Multipart, RefusesEveryCut) {
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\ncontent\r\n--b--";
  ASSERT_EQ(parse_multipart(body, "b").size(), 1u);
  for (size_t length = 0; length < body.size(); ++length)
    EXPECT_ERROR(invalid_argument, "multipart", parse_multipart(body.substr(0, length), "b"))
        << length;
}

TEST(Multipart, RefusesNamelessPartsAndTooMany) {
  EXPECT_ERROR(invalid_argument, "without a name",
               parse_multipart("--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--", "b"));
  EXPECT_ERROR(invalid_argument, "form-data", parse_multipart("--b\r\nX: y\r\n\r\n\r\n--b--", "b"));
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "--b\r\nContent-Disposition: form-data; name=n" + std::to_string(i) + "\r\n\r\nx\r\n";
  EXPECT_ERROR(too_large, "64", parse_multipart(many + "--b--", "b"));
}

TEST(Multipart, BoundaryIsAsRfc2046HasIt) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; charset=x; Boundary=\"a b\""), "a b");
  for (const std::string& bad :
       {std::string("multipart/form-data"), "multipart/form-data; boundary=" + std::string(71, 'a'),
        std::string("multipart/form-data; boundary=\"\"")})
    EXPECT_ERROR(invalid_argument, "boundary", multipart_boundary(bad)) << bad;
}

TEST(Accept, TheBestLikedFormWins) {
  const std::vector<std::string> offered = {"application/json", "image/png"};
  const auto chosen = [&](const std::string& accept) { return negotiate(&accept, offered); };
  EXPECT_EQ(negotiate(nullptr, offered), "application/json");
  EXPECT_EQ(chosen("*/*"), "application/json");
  EXPECT_EQ(chosen("image/*, */*;q=0.1"), "image/png");
  EXPECT_EQ(chosen("application/json;q=0.5, image/png"), "image/png");
  EXPECT_EQ(chosen("image/png;q=0, */*"), "application/json");
  EXPECT_EQ(chosen("text/html"), "");
  EXPECT_EQ(chosen("image/png; x=\"a,b\""), "image/png");
}

TEST(Base64, IsReadWithAndWithoutPadding) {
  EXPECT_EQ(bytes_of_base64("TWFu", "f"), "Man");
  EXPECT_EQ(bytes_of_base64("TWE=", "f"), "Ma");
  EXPECT_EQ(bytes_of_base64("TWE", "f"), "Ma");
  EXPECT_EQ(bytes_of_base64("data:image/png;base64,TQ==", "f"), "M");
  EXPECT_EQ(bytes_of_base64("", "f"), "");
  for (const char* bad : {"T", "TW F", "TWFu\n", "T=Fu", "TWE==="})
    EXPECT_ERROR(invalid_value, "f: not base64", bytes_of_base64(bad, "f")) << bad;
}

TEST(Upload, FieldsOfQueryAndBodyAreOne) {
  Request request{"POST",
                  "/",
                  {{"Content-Type", "application/json; charset=utf-8"}},
                  R"({"image": "TQ==", "words": "cat"})"};
  Target target = parse_target("/x?task=semantic");
  Upload upload = read_upload(request, std::move(target.query));
  EXPECT_EQ(upload.bytes, "M");
  EXPECT_EQ(upload.fields.text("words"), "cat");
  EXPECT_EQ(upload.fields.text("task"), "semantic");
  EXPECT_ERROR(invalid_value, "words: given twice",
               read_upload(request, std::move(parse_target("/x?words=dog").query)));
}

TEST(Routes, AreFoundByMethodAndPath) {
  const Match found = match("POST", {"v1", "images", "abc", "at"});
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->pattern, "/v1/images/{id}/at");
  EXPECT_EQ(found.arguments, Path{"abc"});
  EXPECT_NE(match("HEAD", {"healthz"}).route, nullptr);
  EXPECT_EQ(match("GET", {"v1", "segment"}).allowed, "POST");
  EXPECT_EQ(match("GET", {"v1", "segment", ""}).allowed, "");
}

}  // namespace
}  // namespace fcclip::serve

// Every route, without a socket.

#include <algorithm>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "fcclip/serve/tensors.h"
#include "fcclip/text/base64.h"
#include "tests/serve/desk.h"

namespace fcclip::serve::test {
namespace {

using nlohmann::json;

const std::string kWords = "ladybug, rock, wood, christmas tree";

TEST(SegmentRoute, AnswersWhatTheLibraryAnswers) {
  Desk desk;
  const Reply reply = desk.post_picture("/v1/segment?words=ladybug%2C%20rock&name=scene.png");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.type, "application/json");
  EXPECT_NE(reply.header("Server-Timing").find("encode;dur="), std::string::npos);
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation expected =
      face_model().ask(fcclip::test::encoded_scene(), words, {.task = Task::panoptic});
  EXPECT_EQ(reply.body, to_json(expected, "scene.png") + "\n");
}

TEST(SegmentRoute, TakesEachFormOfARequest) {
  Desk desk;
  const std::string raw = desk.post_picture("/v1/segment?words=ladybug,rock&name=a.png").body;
  const std::string form =
      "--xx\r\nContent-Disposition: form-data; name=\"words\"\r\n\r\nladybug,rock\r\n"
      "--xx\r\nContent-Disposition: form-data; name=\"image\"; filename=\"C:\\\\up\\\\a.png\"\r\n"
      "Content-Type: image/png\r\n\r\n" +
      scene_bytes() + "\r\n--xx--\r\n";
  const Reply by_form = desk.send(Desk::request(
      "POST", "/v1/segment", {{"Content-Type", "multipart/form-data; boundary=xx"}}, form));
  EXPECT_EQ(by_form.body, raw);
  const Reply by_json = desk.post(
      "/v1/segment",
      {{"image", text::base64(scene_bytes())}, {"words", {"ladybug", "rock"}}, {"name", "a.png"}});
  EXPECT_EQ(by_json.body, raw);
}

TEST(SegmentRoute, OverlayAndArchiveAreTheProgramsFiles) {
  Desk desk;
  const std::string target = "/v1/segment?words=ladybug,rock&name=scene.png";
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation answer = face_model().ask(fcclip::test::encoded_scene(), words);
  const std::string overlay =
      render("overlay", fcclip::test::scene().view(), answer, words.words(), {"scene.png", "scene"})
          .front()
          .bytes;
  const Reply picture = desk.post_picture(target, {{"Accept", "image/png"}});
  EXPECT_EQ(picture.type, "image/png");
  EXPECT_TRUE(picture.body == overlay);
  const Reply archive = desk.post_picture(target, {{"Accept", "application/zip"}});
  EXPECT_EQ(archive.type, "application/zip");
  EXPECT_TRUE(archive.body.starts_with("PK"));
  EXPECT_NE(archive.body.find(overlay), std::string::npos);  // stored as it is
  for (const char* name : {"scene.overlay.png", "scene.segments.json", "scene.panoptic.png"})
    EXPECT_NE(archive.body.find(name), std::string::npos) << name;
}

TEST(SegmentRoute, WritesKindsOfOtherTasksToo) {
  Desk desk;
  const Reply reply =
      desk.post_picture("/v1/segment?words=ladybug,rock&write=semantic,instances,yolo&masks=rle");
  ASSERT_EQ(reply.status, 200) << reply.body;
  std::vector<std::string> names;
  const json answer = reply.json();
  for (const json& file : answer["files"]) names.push_back(file["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"image.semantic.png", "image.instances.json",
                                             "data.yaml", "image.txt"}));
  EXPECT_TRUE(reply.json()["segments"][0].contains("mask"));
}

TEST(SegmentRoute, AllKindsButThoseThatTheIdsDoNotFit) {
  Desk desk;
  std::string many;
  for (int i = 0; i < 70; ++i) many += "word" + std::to_string(i) + ",";
  many += "ladybug";  // the 71st thing: its ids are beyond 16 bits
  const Reply fits = desk.post_picture("/v1/segment?words=ladybug,rock&write=all");
  ASSERT_EQ(fits.status, 200) << fits.body;
  EXPECT_NE(fits.body.find("image.instanceIds.png"), std::string::npos);
  EXPECT_NE(fits.body.find("crops/image.1.ladybug.png"), std::string::npos);
  const Reply without = desk.post_picture("/v1/segment?write=all&words=" + many);
  EXPECT_EQ(without.status, 200) << without.body;
  expect_problem(desk.post_picture("/v1/segment?write=cityscapes-instances&words=" + many), 422,
                 "invalid_value", "write");
}

TEST(SegmentRoute, NamesOfPicturesMakeNoPaths) {
  Desk desk;
  const json answer =
      desk.post_picture("/v1/segment?words=rock&write=segments&name=..%5Ca%2F..%5Cb.png").json();
  EXPECT_EQ(answer["files"][0]["name"], "b.segments.json");
  expect_problem(desk.post_picture("/v1/segment?words=rock&name=a%0Ab"), 422, "invalid_value",
                 "name: has control characters");
}

TEST(ImagesRoute, StoresAsksAndForgets) {
  Desk desk;
  const Reply stored = desk.post_picture("/v1/images?name=scene.png");
  ASSERT_EQ(stored.status, 201) << stored.body;
  const json image = stored.json();
  const std::string id = image["id"];
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(image["width"], 640);
  EXPECT_EQ(image["height"], 480);
  EXPECT_EQ(image["model"], "mini");
  EXPECT_EQ(stored.header("Location"), "/v1/images/" + id);
  EXPECT_EQ(desk.get("/v1/images/" + id).json()["id"], id);
  const Reply answer = desk.post("/v1/images/" + id + "/segments", {{"words", kWords}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(desk.send(Desk::request("DELETE", "/v1/images/" + id)).status, 204);
  expect_problem(desk.get("/v1/images/" + id), 404, "not_found", id);
  expect_problem(desk.post("/v1/images/" + id + "/segments", {{"words", kWords}}), 404, "not_found",
                 "send the picture again");
}

// Which copy takes a picture is chance; pictures wait, so that both do.
TEST(ImagesRoute, TwoDevicesAnswerAsOne) {
  Desk one, two({}, true, 2);
  const json question = {{"words", "ladybug, rock"}};
  const std::string wanted =
      one.post("/v1/images/" + one.stored_scene() + "/segments", question).body;
  std::vector<std::string> ids(6);
  std::vector<std::thread> clients;
  for (std::string& id : ids) clients.emplace_back([&] { id = two.stored_scene(); });
  for (std::thread& client : clients) client.join();
  for (const std::string& id : ids) {
    EXPECT_EQ(two.post("/v1/images/" + id + "/segments", question).body, wanted);
  }
}

TEST(ImagesRoute, WaitForTheCopyOfEveryDevice) {
  Desk desk({}, false, 2);
  desk.load_copy(1);
  expect_problem(desk.post_picture("/v1/segment?words=rock"), 503, "unavailable", "loading");
  desk.load();
  EXPECT_EQ(desk.post_picture("/v1/segment?words=rock").status, 200);
}

TEST(ImagesRoute, MapsAreTheSegmentsPixels) {
  Desk desk;
  const std::string target = "/v1/images/" + desk.stored_scene() + "/segments";
  for (const char* task : {"panoptic", "semantic"}) {
    const json answer = desk.post(target, {{"words", kWords}, {"task", task}}).json();
    std::map<int64_t, int64_t> pixels;
    const json& runs = answer["map"]["runs"];
    int64_t total = 0;
    for (size_t i = 0; i + 1 < runs.size(); i += 2) {
      pixels[runs[i]] += runs[i + 1].get<int64_t>();
      total += runs[i + 1].get<int64_t>();
    }
    EXPECT_EQ(total, 640 * 480);
    ASSERT_FALSE(answer["segments"].empty());
    for (const json& segment : answer["segments"])
      EXPECT_EQ(pixels[segment["id"]], segment["area_px"]) << segment.dump();
  }
  const json png = desk.post(target, {{"words", kWords}, {"map", "png"}}).json()["map"];
  EXPECT_EQ(png["encoding"], "png");
  EXPECT_TRUE(png["png"].get<std::string>().starts_with("iVBORw0KGgo"));
  EXPECT_FALSE(desk.post(target, {{"words", kWords}, {"map", "none"}}).json().contains("map"));
  expect_problem(desk.post(target, {{"words", kWords}, {"map", "png"}, {"task", "instance"}}), 422,
                 "invalid_value", "map: instances may overlap");
}

TEST(ImagesRoute, InstancesHaveMasksAndTheProgramsLeastScore) {
  Desk desk;
  const std::string target = "/v1/images/" + desk.stored_scene() + "/segments";
  const json answer =
      desk.post(target, {{"words", kWords}, {"task", "instance"}, {"masks", "rle"}}).json();
  EXPECT_FALSE(answer.contains("map"));
  EXPECT_EQ(answer["min_score"], 0.3);
  ASSERT_FALSE(answer["segments"].empty());
  EXPECT_TRUE(answer["segments"][0]["mask"]["counts"].is_string());
}

TEST(ImagesRoute, QuestionsMayBeFormsAndQueries) {
  Desk desk;
  const std::string target = "/v1/images/" + desk.stored_scene() + "/segments";
  const std::string by_json = desk.post(target, {{"words", "ladybug, rock"}}).body;
  const Reply by_form = desk.send(
      Desk::request("POST", target, {{"Content-Type", "application/x-www-form-urlencoded"}},
                    "words=ladybug%2C+rock"));
  EXPECT_EQ(by_form.body, by_json);
  EXPECT_EQ(desk.send(Desk::request("POST", target + "?words=ladybug,+rock")).body, by_json);
}

TEST(PlaceRoute, SaysWhatIsThere) {
  Desk desk;
  const std::string id = desk.stored_scene();
  const json question = {{"points", {{525, 415}}}, {"words", kWords}};
  const Reply reply = desk.post("/v1/images/" + id + "/at", question);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = reply.json();
  ASSERT_FALSE(answer["segments"].empty());
  EXPECT_EQ(answer["segments"][0]["name"], "ladybug");
  EXPECT_TRUE(answer["segments"][0].contains("mask"));
  const Reply by_box = desk.post("/v1/images/" + id + "/at",
                                 {{"box", {482, 375, 94, 82}}, {"words", kWords}, {"top_k", 1}});
  EXPECT_EQ(by_box.json()["segments"].size(), 1u);
  expect_problem(desk.post("/v1/images/" + id + "/at", {{"words", kWords}}), 422, "invalid_value",
                 "points");
  expect_problem(desk.post("/v1/images/" + id + "/at", {{"points", {{9999, 1}}}, {"words", "a"}}),
                 422, "invalid_value", "not in the picture");
}

TEST(PlaceRoute, KnowsAllVocabulariesWhereNoneIsNamed) {
#ifdef FCCLIP_SANITIZED
  GTEST_SKIP() << "2,500 words are minutes of an instrumented text tower, whose own tests have it";
#endif
  Desk desk;
  const std::string image = "/v1/images/" + desk.stored_scene();
  const Reply reply = desk.post(image + "/at", {{"points", {{525, 415}}}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json()["segments"][0]["name"], "ladybug");
  const Reply here = desk.send(Desk::request("POST", image + "/words"));
  ASSERT_EQ(here.status, 200) << here.body;
  const json words = here.json()["segments"];
  EXPECT_EQ(words.size(), 20u);
  EXPECT_TRUE(std::ranges::any_of(words, [](const json& one) { return one["name"] == "ladybug"; }))
      << words.dump();
}

TEST(BestWordsRoute, SaysWhatIsHere) {
  Desk desk;
  const std::string target = "/v1/images/" + desk.stored_scene() + "/words";
  const Reply reply = desk.post(target, {{"words", kWords}, {"count", 2}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const PreparedWords words = face_model().prepare(parse_words(kWords));
  const Segmentation expected = face_model().best_words(fcclip::test::encoded_scene(), words, 2);
  EXPECT_EQ(reply.body, to_json(expected, "scene.png") + "\n");
  const json answer = desk.post(target, {{"words", kWords}, {"masks", "rle"}}).json();
  ASSERT_EQ(answer["segments"].size(), 4u);
  EXPECT_TRUE(answer["segments"][0].contains("mask"));
  const double second = answer["segments"][1]["score"];
  EXPECT_EQ(desk.post(target, {{"words", kWords}, {"min_score", second - 1e-6}})
                .json()["segments"]
                .size(),
            2u);
  expect_problem(desk.post(target, {{"words", kWords}, {"count", 0}}), 422, "invalid_value",
                 "count");
  expect_problem(desk.post(target, {{"words", kWords}, {"top_k", 3}}), 422, "invalid_value",
                 "top_k: no such field here");
}

TEST(PlainRoutes, SayWhatIsServed) {
  Desk desk;
  EXPECT_EQ(desk.get("/healthz").body, "ok\n");
  EXPECT_EQ(desk.get("/readyz").status, 200);
  const json model = desk.get("/v1/models").json()["models"][0];
  EXPECT_EQ(model["name"], "mini");
  EXPECT_EQ(model["ready"], true);
  EXPECT_GT(model["training_words"].size(), 100u);
  EXPECT_TRUE(model["defaults"]["alpha"].is_number());
  const json all = desk.get("/v1/vocabularies").json()["vocabularies"];
  EXPECT_EQ(all.back()["name"], "everything");
  const json voc = desk.get("/v1/vocabularies/voc20").json();
  EXPECT_EQ(voc["classes"].size(), 20u);
  EXPECT_EQ(voc["classes"][0]["kind"], "thing");
  expect_problem(desk.get("/v1/vocabularies/nothing"), 404, "not_found");
  expect_problem(desk.get("/v1/requests/never-was"), 404, "not_found");
}

TEST(PlainRoutes, HeadAndOptions) {
  Desk desk;
  EXPECT_EQ(desk.send(Desk::request("HEAD", "/healthz")).status, 200);
  const Reply options = desk.send(Desk::request("OPTIONS", "/v1/images/x"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, DELETE, OPTIONS");
}

TEST(PlainRoutes, ThePageHasItsPolicy) {
  Desk desk;
  const Reply page = desk.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  const std::string policy = page.header("Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_TRUE(desk.get("/example.png").body == scene_bytes());
}

TEST(PlainRoutes, MetricsCountWhatHappened) {
  Desk desk;
  const std::string id = desk.stored_scene();
  const std::string target = "/v1/images/" + id + "/segments";
  desk.post(target, {{"words", kWords}});
  desk.post(target, {{"words", kWords}});
  desk.service().finished(Desk::request("POST", target), with_body(200, "application/json", "{}"),
                          0.01);
  const std::string text = desk.get("/metrics").body;
  for (const char* line :
       {"fcclip_ready 1", "fcclip_store_images 1", "fcclip_store_hits_total 2",
        "fcclip_words_ready_hits_total 1", "fcclip_words_ready_misses_total 1",
        "fcclip_requests_total{route=\"/v1/images/{id}/segments\",status=\"200\"} 1",
        "fcclip_stage_seconds_count{stage=\"encode\"} 3"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

// ---- The Open Inference Protocol ----

json tensor_json(const char* name, const char* type, std::vector<int64_t> shape, size_t bytes) {
  return {{"name", name},
          {"datatype", type},
          {"shape", std::move(shape)},
          {"parameters", {{"binary_data_size", bytes}}}};
}

Request infer_request(const json& head, const std::string& binary) {
  const std::string text = head.dump();
  return Desk::request("POST", "/v2/models/mini/infer",
                       {{"Inference-Header-Content-Length", std::to_string(text.size())}},
                       text + binary);
}

std::string pixels_of_scene() {
  const PictureView view = fcclip::test::scene().view();
  return {reinterpret_cast<const char*>(view.data), static_cast<size_t>(640 * 480 * 3)};
}

TEST(InferRoute, TensorsInAndOut) {
  Desk desk;
  const Tensor words = tensor_of_texts("words", {"ladybug, rock"});
  const std::string pixels = pixels_of_scene();
  const json head = {{"id", "mine"},
                     {"inputs",
                      {tensor_json("image", "UINT8", {480, 640, 3}, pixels.size()),
                       tensor_json("words", "BYTES", {1}, words.bytes.size())}},
                     {"outputs",
                      {{{"name", "ids"}, {"parameters", {{"binary_data", true}}}},
                       {{"name", "names"}},
                       {{"name", "answer"}}}}};
  const Reply reply = desk.send(infer_request(head, pixels + words.bytes));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const size_t length = std::stoul(reply.header("Inference-Header-Content-Length"));
  const json answer = json::parse(reply.body.substr(0, length));
  EXPECT_EQ(answer["id"], "mine");
  EXPECT_EQ(answer["outputs"][0]["shape"], json({480, 640}));
  EXPECT_EQ(reply.body.size(), length + 640 * 480 * 4);
  const PreparedWords prepared = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation expected = face_model().ask(fcclip::test::encoded_scene(), prepared);
  EXPECT_EQ(std::memcmp(reply.body.data() + length, expected.ids.data(), 640 * 480 * 4), 0);
  EXPECT_EQ(answer["outputs"][2]["data"][0], to_json(expected, "image"));
}

TEST(InferRoute, RefusesWhatIsNotTheProtocol) {
  Desk desk;
  const auto refused = [&](const json& head, const std::string& binary, int status) {
    const Reply reply = desk.send(infer_request(head, binary));
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_FALSE(reply.json().value("error", "").empty());
  };
  refused({{"inputs", json::array()}}, "", 400);
  refused({{"inputs", {tensor_json("image", "UINT8", {480, 640, 3}, 7)}}}, "1234567", 422);
  refused({{"inputs", {tensor_json("image", "UINT8", {1, 1, 3}, 30)}}}, "123", 422);
  refused({{"inputs", {tensor_json("image", "FP32", {1, 1, 3}, 12)}}}, "123456789012", 422);
  refused({{"inputs", {tensor_json("image", "UINT8", {1, 1, 3}, 3)}}}, "1234", 400);
  refused({{"inputs", {tensor_json("picture", "BYTES", {1}, 3)}}}, "123", 422);
  const Reply missing = desk.send(Desk::request("POST", "/v2/models/none/infer", {}, "{}"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(desk.get("/v2/models/mini/versions/2").status, 404);
}

TEST(InferRoute, HealthAndMetadata) {
  Desk desk;
  EXPECT_EQ(desk.get("/v2").json()["name"], "fcclip");
  EXPECT_EQ(desk.get("/v2/health/live").status, 200);
  EXPECT_EQ(desk.get("/v2/health/ready").status, 200);
  EXPECT_EQ(desk.get("/v2/models/mini/ready").status, 200);
  EXPECT_EQ(desk.get("/v2/models/mini").json()["inputs"][0]["name"], "image");
}

}  // namespace
}  // namespace fcclip::serve::test

#include "fcclip/segmenter/graphed_network.h"

#include <atomic>
#include <thread>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/segmenter/fake_recorder.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::segmenter {
namespace graphed_network_test {

void expect_same(const NetworkResult& got, const NetworkResult& want) {
  EXPECT_TRUE(got.mask_logits.equal(want.mask_logits));
  EXPECT_TRUE(got.class_embed.equal(want.class_embed));
  EXPECT_TRUE(got.clip_embed.equal(want.clip_embed));
  EXPECT_TRUE(got.valid.equal(want.valid));
  EXPECT_EQ(got.dense.defined(), want.dense.defined());
}

at::Tensor noise_of(at::IntArrayRef shape, uint64_t seed) {
  at::manual_seed(seed);
  return at::randn(shape);
}

// A network whose result says what it saw.
NetworkResult sums(const at::Tensor& pixels) {
  const at::Tensor sum = pixels.sum().view({1});
  return {sum, sum + 1, sum + 2, sum > 0, {}};
}

at::Tensor picture_of(int64_t width, double value) {
  return at::full({1, 2, width, 3}, value);
}

class GraphedNetworkTest : public testing::Test {
 protected:
  GraphedNetwork graphed(const GraphedNetwork::Network& network, const GraphLimits& limits = {}) {
    return {network, at::kCPU, recorder_,
            [this](LogLevel, const std::string& text) { told_.push_back(text); }, limits};
  }
  c10::InferenceMode guard_;
  test::FakeRecorder recorder_;
  std::vector<std::string> told_;
};

TEST_F(GraphedNetworkTest, ASizeIsPlainThenRecordedThenReplayedWithThePlainResults) {
  const auto model = test::small_model();
  model->prepare(ops::Products::float32);
  GraphedNetwork network =
      graphed([&](const at::Tensor& pixels) { return run_network(*model, pixels); });
  for (int picture = 0; picture < 4; ++picture) {
    const at::Tensor pixels = noise_of({2, 64, 96, 3}, picture);
    const std::optional<NetworkResult> got = network.run(pixels);
    EXPECT_EQ(got.has_value(), picture > 0);
    EXPECT_EQ(*recorder_.recorded, picture > 0 ? 1 : 0);
    if (got) expect_same(*got, run_network(*model, pixels));
  }
  EXPECT_FALSE(network.run(noise_of({1, 64, 96, 3}, 9)).has_value());  // another batch
  EXPECT_TRUE(told_.empty());
}

TEST_F(GraphedNetworkTest, AnEarlierPictureKeepsItsResults) {
  GraphedNetwork network = graphed(sums);
  network.run(picture_of(2, 1));
  const NetworkResult first = *network.run(picture_of(2, 1));
  const NetworkResult second = *network.run(picture_of(2, 5));
  EXPECT_EQ(first.mask_logits.item<float>(), 12);
  EXPECT_EQ(second.mask_logits.item<float>(), 60);
  EXPECT_EQ(second.clip_embed.item<float>(), 62);
}

TEST_F(GraphedNetworkTest, TheSizeThatWasAwayLongestGoesAndComesBackAsANewOne) {
  GraphedNetwork network = graphed(sums, {.graphs = 2});
  for (const int64_t width : {1, 1, 2, 2, 1, 3, 3}) network.run(picture_of(width, 1));
  EXPECT_EQ(network.graphs(), 2);
  EXPECT_EQ(*recorder_.recorded, 3);
  EXPECT_TRUE(network.run(picture_of(1, 1)).has_value());
  EXPECT_TRUE(network.run(picture_of(3, 1)).has_value());
  EXPECT_EQ(*recorder_.recorded, 3);
  EXPECT_FALSE(network.run(picture_of(2, 1)).has_value());
  EXPECT_EQ(network.run(picture_of(2, 4))->mask_logits.item<float>(), 48);
  EXPECT_EQ(*recorder_.recorded, 4);
  EXPECT_EQ(network.graphs(), 2);
}

TEST_F(GraphedNetworkTest, BytesBoundWhatIsKeptButForTheLast) {
  GraphedNetwork network = graphed(sums, {.bytes = 1});
  for (const int64_t width : {1, 1, 2, 2}) network.run(picture_of(width, 1));
  EXPECT_EQ(network.graphs(), 1);
  EXPECT_TRUE(network.run(picture_of(2, 1)).has_value());
}

TEST_F(GraphedNetworkTest, SizesThatCameOnceAreForgotten) {
  GraphedNetwork network = graphed(sums, {.known_sizes = 3});
  for (const int64_t width : {1, 1, 2, 3, 4, 2, 1}) network.run(picture_of(width, 1));
  EXPECT_EQ(*recorder_.recorded, 1);  // of 1, which stays; 2 was forgotten behind 3 and 4
  EXPECT_EQ(network.graphs(), 1);
}

TEST_F(GraphedNetworkTest, WhereRecordingFailsThePlainWayIsLeftAndItIsToldOnce) {
  int tries = 0;
  GraphedNetwork network(
      sums, at::kCPU,
      [&](at::Device, const ops::DeviceWork&,
          const ops::DeviceGraph*) -> std::unique_ptr<ops::DeviceGraph> {
        ++tries;
        throw std::runtime_error("no room\nfor it");
      },
      [this](LogLevel, const std::string& text) { told_.push_back(text); });
  for (int64_t width = 1; width <= 5; ++width) {
    for (int times = 0; times < 3; ++times) {
      EXPECT_FALSE(network.run(picture_of(width, 1)).has_value());
    }
  }
  EXPECT_EQ(tries, 3);  // of three sizes, once each; then no more
  ASSERT_EQ(told_.size(), 1);
  EXPECT_EQ(told_.front(),
            "pictures of one size are not replayed from a recording, and take longer: internal "
            "error: no room; "
            "FCCLIP_CUDA_GRAPHS=0 records none");
}

TEST_F(GraphedNetworkTest, OneSizeThatCanNotBeRecordedIsThatSizesAffair) {
  GraphedNetwork network = graphed([](const at::Tensor& pixels) {
    if (pixels.size(2) == 7) fail(ErrorCode::out_of_memory, "too large");
    return sums(pixels);
  });
  for (const int64_t width : {1, 1, 7, 7, 7}) network.run(picture_of(width, 1));
  EXPECT_EQ(*recorder_.recorded, 2);
  EXPECT_EQ(told_.size(), 1);
  EXPECT_TRUE(network.run(picture_of(1, 1)).has_value());
  EXPECT_EQ(network.graphs(), 1);
}

struct WidthKey {
  int64_t width;
  bool operator==(const WidthKey&) const = default;
};

// What a graph reads of a cache with room for one.
class GraphedConstants : public GraphedNetworkTest {
 protected:
  at::Tensor constant(int64_t width) {
    return cache_.get(
        {width}, [&] { return at::full({width}, 2.0); },
        [](const at::Tensor& made) { return static_cast<int64_t>(made.nbytes()); });
  }
  NetworkResult scaled(const at::Tensor& pixels) {
    const at::Tensor by = constant(pixels.size(2));
    read_ = by.data_ptr();
    return sums(pixels * by.unsqueeze(1));
  }
  ops::KeptTensors<WidthKey, at::Tensor> cache_{8 * sizeof(float)};
  void* read_ = nullptr;
};

TEST_F(GraphedConstants, StayWhereTheGraphReadsThemWhenTheCacheHasDroppedThem) {
  auto network = std::make_unique<GraphedNetwork>(
      [this](const at::Tensor& pixels) { return scaled(pixels); }, at::kCPU, recorder_);
  network->run(picture_of(5, 1));
  network->run(picture_of(5, 1));
  c10::weak_intrusive_ptr<c10::TensorImpl> kept(constant(5).getIntrusivePtr());
  const void* const place = read_;
  constant(6);  // 5 goes
  EXPECT_FALSE(kept.expired());
  EXPECT_NE(constant(5).data_ptr(), place);
  EXPECT_EQ(network->run(picture_of(5, 3))->mask_logits.item<float>(), 180);
  EXPECT_EQ(read_, place);
  network.reset();
  EXPECT_TRUE(kept.expired());
}

TEST_F(GraphedConstants, NoneIsMadeWhileAGraphIsRecorded) {
  int64_t width = 1;
  GraphedNetwork network = graphed([&](const at::Tensor& pixels) {
    constant(width++);
    return sums(pixels);
  });
  network.run(picture_of(5, 1));
  EXPECT_FALSE(network.run(picture_of(5, 1)).has_value());
  ASSERT_EQ(told_.size(), 1);
  EXPECT_NE(told_.front().find("a constant that its first run did not"), std::string::npos);
}

at::Tensor scene(int64_t width, uint64_t seed) {
  at::manual_seed(seed);
  return at::randint(0, 256, {40, width, 3}, at::kByte);
}

constexpr EncodeSize kSmall = {64, 128};

class GraphedSegmenter : public testing::Test {
 protected:
  GraphedSegmenter() {
    model_->prepare(ops::Products::float32);
    SegmenterOptions options{"cpu", false};
    plain_.emplace(model_, options);
    options.record_graph = recorder_;
    graphed_.emplace(model_, options);
  }
  void expect_plain(const EncodedImage& got, const at::Tensor& rgb) const {
    const EncodedImage want = plain_->encode(rgb, kSmall);
    EXPECT_TRUE(got.mask_logits.equal(want.mask_logits));
    EXPECT_TRUE(got.class_embed.equal(want.class_embed));
    EXPECT_TRUE(got.clip_embed.equal(want.clip_embed));
    EXPECT_TRUE(got.valid.equal(want.valid));
  }
  std::shared_ptr<model::Model> model_ = test::small_model();
  test::FakeRecorder recorder_;
  std::optional<Segmenter> plain_, graphed_;
};

TEST_F(GraphedSegmenter, FindsWhatThePlainOneFinds) {
  for (int picture = 0; picture < 4; ++picture) {
    const at::Tensor rgb = scene(picture == 2 ? 90 : 56, picture);
    expect_plain(graphed_->encode(rgb, kSmall), rgb);
  }
  EXPECT_EQ(*recorder_.recorded, 1);
  std::vector<at::Tensor> pictures;
  for (int picture = 0; picture < 6; ++picture) pictures.push_back(scene(56, picture));
  const std::vector<EncodedImage> images = graphed_->encode_each(pictures, kSmall, 2);
  for (size_t i = 0; i < images.size(); ++i) {
    EXPECT_TRUE(at::allclose(images[i].mask_logits, plain_->encode(pictures[i], kSmall).mask_logits,
                             1e-4, 1e-4));
  }
  EXPECT_EQ(*recorder_.recorded, 2);
}

TEST_F(GraphedSegmenter, GivenMasksAndTracesAreRunAsTheyAre) {
  const at::Tensor rgb = scene(56, 1), masks = at::ones({1, 40, 56}, at::kBool);
  int64_t traced = 0;
  for (int times = 0; times < 3; ++times) {
    graphed_->encode_with_masks(rgb, masks, kSmall);
    graphed_->encode(rgb, kSmall, [&](std::string_view, const at::Tensor&) { ++traced; });
  }
  EXPECT_GT(traced, 0);
  EXPECT_EQ(*recorder_.recorded, 0);
}

TEST_F(GraphedSegmenter, ProgressCountsEveryPartAndStopsBehindTheReplay) {
  const at::Tensor rgb = scene(56, 1);
  graphed_->encode(rgb, kSmall);
  graphed_->encode(rgb, kSmall);
  std::vector<int64_t> told;
  int64_t parts = 0;
  graphed_->encode(rgb, kSmall, {}, [&](int64_t done, int64_t total) {
    told.push_back(done);
    parts = total;
    return true;
  });
  ASSERT_EQ(std::ssize(told), parts);
  for (int64_t i = 0; i < parts; ++i) EXPECT_EQ(told[i], i + 1);
  EXPECT_ERROR(interrupted, "stopped after 1 of",
               graphed_->encode(rgb, kSmall, {}, [](int64_t, int64_t) { return false; }));
  expect_plain(graphed_->encode(rgb, kSmall), rgb);
}

TEST_F(GraphedSegmenter, ServesSeveralThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> same = 0;
  for (int i = 0; i < 4; ++i) {
    const at::Tensor rgb = scene(i % 2 == 0 ? 56 : 90, i);
    const at::Tensor want = plain_->encode(rgb, kSmall).mask_logits;
    threads.emplace_back([this, rgb, want, &same] {
      const Segmenter copy = *graphed_;
      for (int times = 0; times < 3; ++times) {
        if (copy.encode(rgb, kSmall).mask_logits.equal(want)) ++same;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, 12);
  EXPECT_EQ(*recorder_.recorded, 2);
}

// Its embeddings are made of CLIP's map when the words are there, behind other pictures' replays.
TEST(GraphedAdapter, APictureKeepsAMapOfItsOwn) {
  model::Config config = test::small_config();
  model::set_preset_head(config, "mask_adapter");
  const auto model = std::make_shared<model::Model>(config);
  model->clip->tokenizer = model::make_tokenizer(test::small_merges(), config.clip.text);
  model::fill_untrained(*model, 3);
  SegmenterOptions options{"cpu", false};
  const Segmenter plain(model, options);
  options.record_graph = test::FakeRecorder();
  const Segmenter graphed(model, options);
  const PreparedVocabulary words = plain.prepare(classify::parse_classes("cat, sky, hat"));
  std::vector<EncodedImage> images;
  for (int i = 0; i < 4; ++i) images.push_back(graphed.encode(scene(56, i), kSmall));
  const classify::EnsembleOptions ensemble = plain.ask_defaults().ensemble;
  for (int i = 0; i < 4; ++i) {
    const EncodedImage want = plain.encode(scene(56, i), kSmall);
    EXPECT_TRUE(graphed.name_masks(images[i], words, ensemble)
                    .log_probs.equal(plain.name_masks(want, words, ensemble).log_probs))
        << i;
  }
}

}  // namespace graphed_network_test
}  // namespace fcclip::segmenter

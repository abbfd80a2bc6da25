#include "fcclip/serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "fcclip/serve/work.h"

namespace fcclip::serve {
namespace {

using prometheus::Family;
using prometheus::Histogram;

// From a cached question on a small model to a large picture on a slow processor.
const Histogram::BucketBoundaries& seconds_buckets() {
  static const Histogram::BucketBoundaries buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                      0.25,  0.5,    1,     2.5,  5,     10,   30};
  return buckets;
}

// A family that is collected once, with a single value: counters of other classes' keeping.
prometheus::MetricFamily single(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::MetricFamily family{name, help, type, {}};
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) metric.counter.value = value;
  if (type == prometheus::MetricType::Gauge) metric.gauge.value = value;
  family.metric.push_back(metric);
  return family;
}

std::vector<prometheus::MetricFamily> families_of(const Levels& levels) {
  constexpr auto kGauge = prometheus::MetricType::Gauge;
  constexpr auto kCounter = prometheus::MetricType::Counter;
  return {
      single("fcclip_ready", "1 while requests are taken.", kGauge, levels.ready ? 1 : 0),
      single("fcclip_queue_depth", "Requests that wait for a stage.", kGauge, levels.queue_depth),
      single("fcclip_requests_inside", "Requests that wait or are worked on.", kGauge,
             levels.requests_inside),
      single("fcclip_store_bytes", "Bytes of encoded pictures and their pixels.", kGauge,
             levels.store_bytes),
      single("fcclip_store_images", "Encoded pictures.", kGauge, levels.store_images),
      single("fcclip_store_hits_total", "Questions about a stored picture.", kCounter,
             levels.store_hits),
      single("fcclip_store_misses_total", "Questions about one that is not there.", kCounter,
             levels.store_misses),
      single("fcclip_store_dropped_total", "Stored pictures that made room or grew old.", kCounter,
             levels.store_dropped),
      single("fcclip_words_ready_hits_total", "Questions whose words were ready in memory.",
             kCounter, levels.words_ready_hits),
      single("fcclip_words_ready_misses_total", "Questions whose words were not.", kCounter,
             levels.words_ready_misses),
      single("fcclip_text_cache_hits_total", "Words whose features the cache on disk had.",
             kCounter, levels.text_cache_hits),
      single("fcclip_text_cache_misses_total", "Words whose features were computed.", kCounter,
             levels.text_cache_misses)};
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                              .Name("fcclip_requests_total")
                                              .Help("Answers by route and status.")
                                              .Register(registry);
  Family<Histogram>& request_seconds = prometheus::BuildHistogram()
                                           .Name("fcclip_request_seconds")
                                           .Help("From a request's head to its answer's last byte.")
                                           .Register(registry);
  Family<Histogram>& stage_seconds = prometheus::BuildHistogram()
                                         .Name("fcclip_stage_seconds")
                                         .Help("Parts of the requests that need the model.")
                                         .Register(registry);

  Histogram& stage(const char* name) {
    return stage_seconds.Add({{"stage", name}}, seconds_buckets());
  }
  Histogram &queue = stage("queue"), &decode = stage("decode"), &encode = stage("encode"),
            &ask = stage("ask"), &write = stage("write");
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const std::string& route, int status, double seconds) {
  impl_->requests.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
  impl_->request_seconds.Add({{"route", route}}, seconds_buckets()).Observe(seconds);
}

void Metrics::observe(const StageTimes& times) {
  impl_->queue.Observe(times.queue);
  impl_->decode.Observe(times.decode);
  impl_->encode.Observe(times.encode);
  impl_->ask.Observe(times.ask);
  impl_->write.Observe(times.write);
}

std::string Metrics::text(const Levels& levels) const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  for (prometheus::MetricFamily& family : families_of(levels))
    families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace fcclip::serve

// Routes that need no model: health, lists, stored pictures, the page.

#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

#include "fcclip/core/utc_time.h"
#include "fcclip/serve/embedded_files.h"
#include "fcclip/serve/images_json.h"
#include "fcclip/serve/pipeline.h"
#include "fcclip/serve/problem.h"
#include "fcclip/serve/routes.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

using nlohmann::json;

Response plain_text(int status, std::string text) {
  return with_body(status, "text/plain; charset=utf-8", std::move(text));
}

const char* kind_name(WordKind kind) {
  return kind == WordKind::thing ? "thing" : kind == WordKind::stuff ? "stuff" : "background";
}

json model_json(const ModelPlace& place, const std::optional<Model>& model) {
  json out = {{"name", place.name}, {"ready", model.has_value()}, {"bundled", place.is_bundled}};
  if (!model) return out;
  const ModelInfo& info = model->info();
  out.update({{"title", info.name},
              {"provenance", info.provenance},
              {"device", info.device},
              {"short_side", info.short_side_px},
              {"max_side", info.max_side_px},
              {"queries", info.queries},
              {"defaults",
               {{"alpha", *info.defaults.alpha},
                {"beta", *info.defaults.beta},
                {"clip_trust", *info.defaults.clip_trust},
                {"object_mask_threshold", *info.defaults.object_mask_threshold},
                {"overlap_threshold", *info.defaults.overlap_threshold},
                {"top_k", *info.defaults.top_k},
                {"things_only", *info.defaults.things_only}}}});
  json names = json::array();
  for (const WordClass& entry : info.training_words.classes)
    names.push_back(entry.synonyms.front());
  out["training_words"] = std::move(names);
  return out;
}

int64_t things_in(const Words& words) {
  int64_t count = 0;
  for (const WordClass& entry : words.classes) count += entry.kind == WordKind::thing;
  return count;
}

json vocabulary_line(const std::string& name) {
  const Words words = builtin_words(name);
  return {{"name", name}, {"classes", words.classes.size()}, {"things", things_in(words)}};
}

Levels levels_of(const ServiceParts& parts) {
  const ImageStore::Count images = parts.images.count();
  const WordsStore::Count words = parts.words.count();
  Levels levels;
  levels.ready = parts.models.all_ready() && !parts.draining;
  levels.queue_depth = static_cast<double>(parts.pipeline->waiting());
  levels.requests_inside = static_cast<double>(parts.admission.inside());
  levels.store_bytes = static_cast<double>(images.bytes);
  levels.store_images = static_cast<double>(images.images);
  levels.store_hits = static_cast<double>(images.hits);
  levels.store_misses = static_cast<double>(images.misses);
  levels.store_dropped = static_cast<double>(images.dropped);
  levels.words_ready_hits = static_cast<double>(words.hits);
  levels.words_ready_misses = static_cast<double>(words.misses);
  levels.text_cache_hits = static_cast<double>(words.cached);
  levels.text_cache_misses = static_cast<double>(words.computed);
  return levels;
}

}  // namespace

Response json_response(int status, const json& body) {
  return with_body(status, "application/json",
                   body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

json image_json(const std::string& id, const StoredImage& image, std::chrono::seconds keep) {
  const std::time_t until =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + keep);
  return {{"id", id},
          {"width", image.picture.width()},
          {"height", image.picture.height()},
          {"model", image.model},
          {"name", image.name},
          {"bytes", image.bytes()},
          {"expires", utc_text(until)}};
}

Response get_health(Call&, ServiceParts&) {
  return plain_text(200, "ok\n");
}

Response get_ready(Call&, ServiceParts& parts) {
  if (parts.draining) fail(ErrorCode::unavailable, "the server is ending");
  if (!parts.models.all_ready()) fail(ErrorCode::unavailable, "still loading");
  return plain_text(200, "ready\n");
}

Response get_metrics(Call&, ServiceParts& parts) {
  return with_body(200, "text/plain; version=0.0.4; charset=utf-8",
                   parts.metrics.text(levels_of(parts)));
}

Response get_request(Call& call, ServiceParts& parts) {
  const auto found = parts.pipeline->find(call.arguments[0]);
  if (!found) {
    fail(ErrorCode::not_found, "no request ", text::printable(call.arguments[0], 64),
         " waits or is worked on");
  }
  if (found->running) return json_response(200, {{"state", "running"}});
  return json_response(200, {{"state", "waiting"}, {"place", found->place}});
}

Response list_models(Call&, ServiceParts& parts) {
  json models = json::array();
  for (const ModelPlace& place : parts.models.places())
    models.push_back(model_json(place, parts.models.find(place.name)));
  return json_response(200, {{"models", std::move(models)}});
}

Response list_vocabularies(Call&, ServiceParts&) {
  static const std::shared_ptr<const std::string> body = [] {
    json all = json::array();
    for (const std::string& name : builtin_words()) all.push_back(vocabulary_line(name));
    all.push_back(vocabulary_line("everything"));
    return json_response(200, {{"vocabularies", std::move(all)}}).body;
  }();
  return {200, "application/json", {}, body};
}

Response get_vocabulary(Call& call, ServiceParts&) {
  const Words words = builtin_words(call.arguments[0]);
  json classes = json::array();
  for (const WordClass& entry : words.classes) {
    classes.push_back({{"name", entry.synonyms.front()},
                       {"synonyms", entry.synonyms},
                       {"kind", kind_name(entry.kind)}});
  }
  return json_response(200, {{"name", words.name}, {"classes", std::move(classes)}});
}

Response get_image(Call& call, ServiceParts& parts) {
  const auto image = parts.images.find(call.arguments[0]);
  return json_response(200, image_json(call.arguments[0], *image, parts.images.keep()));
}

Response delete_image(Call& call, ServiceParts& parts) {
  parts.images.remove(call.arguments[0]);
  return {204, {}, {}, nullptr};
}

Response get_page_file(Call& call, ServiceParts&) {
  const std::string& target = call.request.target;
  const EmbeddedFile& file = embedded_file(target.substr(0, target.find('?')));
  Response response{200, file.content_type, {{"Cache-Control", "no-cache"}}, file.bytes};
  if (!file.policy.empty()) response.headers.push_back({"Content-Security-Policy", file.policy});
  return response;
}

}  // namespace fcclip::serve

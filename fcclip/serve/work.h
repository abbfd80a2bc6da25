#pragma once
// One request that needs the model, on its way through the stages: read (its body is parsed, its
// picture decoded), encode (the network), words (the text tower, where it has to run), conclude
// (answer, files).

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fcclip/serve/application.h"
#include "fcclip/serve/image_store.h"
#include "fcclip/serve/question.h"
#include "fcclip/serve/tensors.h"

namespace fcclip::serve {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Seconds of the parts of a request.
struct StageTimes {
  double queue = 0, decode = 0, encode = 0, ask = 0, write = 0;
};

class Work;
struct ServiceParts;

/// What a route does in its stages. Functions throw Error.
struct WorkRoute {
  void (*read)(Work&, ServiceParts&);          ///< fills question, model, and picture or stored
  Response (*conclude)(Work&, ServiceParts&);  ///< the answer
  bool has_picture;                            ///< read decodes a picture, and the network runs
  bool has_words;                              ///< conclude wants Work::words
};

/// Ends once: by its answer, by its deadline, or because its client went. From any thread.
class Work {
 public:
  /// `on_end` is called once, before the reply: what was held for the work is free then.
  Work(Request request, const WorkRoute& route, Reply reply, std::function<void()> on_end);

  /// Whether this call ended it. The reply is called unless the client is gone.
  bool end(Response response);
  void abandon();
  bool ended() const { return ended_; }

  /// For the library: go on while nobody has ended it.
  Progress going_on() const;

  Request request;
  const WorkRoute& route;
  const Clock::time_point arrival = Clock::now();

  // Each is used by one stage at a time.
  std::vector<std::string> arguments;  ///< of the path
  Fields query;
  Question question;
  size_t device = 0;                   ///< whose copy of the model, on the shelf
  std::optional<fcclip::Model> model;  ///< that copy
  std::string model_name;
  std::optional<Picture> picture;
  std::optional<Image> image;
  std::shared_ptr<const StoredImage> stored;  ///< in place of both
  Words asked;                                ///< the question's words, where the route has any
  std::optional<PreparedWords> words;
  bool is_read = false;
  std::optional<InferRequest> infer;  ///< of the Open Inference Protocol
  StageTimes times;
  Clock::time_point waiting_since = arrival;
  bool holds_decoded_place = false;

 private:
  std::function<void()> on_end_;
  std::atomic<bool> ended_ = false;
  Reply reply_;
};

/// Names a model's copy on a device, for which words are prepared.
std::string copy_name(const std::string& model_name, size_t device);

/// "queue;dur=0.1, decode;dur=5.2, …" in milliseconds.
std::string server_timing(const StageTimes& times);

}  // namespace fcclip::serve

// What a client sends, cut into pieces where the first byte says: whatever is read as a request must
// be the same when it comes at once.

#include "fcclip/serve/request_head.h"
#include "fcclip/serve/request_parser.h"
#include "fuzz/expect.h"

namespace {

using namespace fcclip::serve;

constexpr int64_t kMostBody = 4096;

struct Outcome {
  int status = 0;  ///< 0: more would be needed; 200: read; else refused
  Request request;
  size_t read = 0;

  bool operator==(const Outcome& other) const {
    return status == other.status && request.target == other.request.target &&
           request.body == other.request.body && read == other.read;
  }
};

// As Connection does it, without its bound on what is held.
class Reader {
 public:
  explicit Reader(Budget& bodies) : parser_(bodies, outcome_.request) {}

  const Outcome& read(std::string_view bytes, size_t step) {
    try {
      for (size_t size = std::min(step, bytes.size()); outcome_.status == 0;
           size = std::min(size + step, bytes.size())) {
        take(bytes.substr(0, size));
        if (size == bytes.size()) break;
      }
    } catch (const Refused& refused) {
      if (refused.status < 400 || refused.detail.find('\n') != std::string::npos) std::abort();
      outcome_.status = refused.status;
      outcome_.read = 0;
      outcome_.request = {};
    }
    return outcome_;
  }

 private:
  void take(std::string_view bytes) {
    if (!has_head_) {
      const HeadScanner::State state = scanner_.scan(bytes);
      if (state == HeadScanner::State::bad) throw Refused{400, scanner_.detail()};
      if (state == HeadScanner::State::incomplete) return;
      const std::string_view head = bytes.substr(0, scanner_.end()).substr(scanner_.begin());
      if (parser_.read_head(head) != head.size()) std::abort();
      if (head_problem(outcome_.request, parser_.is_http_1_0() ? 0 : 1)) std::abort();
      outcome_.read = scanner_.end();
      has_head_ = true;
      parser_.limit_body(kMostBody);
      parser_.check_length();
    }
    if (parser_.has_body() && outcome_.read < bytes.size())
      outcome_.read += parser_.read_body(bytes.substr(outcome_.read));
    if (parser_.body_bytes() > kMostBody) std::abort();
    if (parser_.has_body()) return;
    outcome_.request.body = parser_.take_body();
    outcome_.status = 200;
  }

  Outcome outcome_;
  HeadScanner scanner_;
  RequestParser parser_;
  bool has_head_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fcclip::fuzz::text(data, size).substr(1);
  Budget bodies(2 * kMostBody);
  {
    Reader at_once(bodies), in_pieces(bodies);
    const Outcome& whole = at_once.read(bytes, bytes.size() + 1);
    const Outcome& pieces = in_pieces.read(bytes, size_t{data[0]} + 1);
    if (!(whole == pieces)) std::abort();
  }
  if (bodies.held() != 0) std::abort();
  return 0;
}

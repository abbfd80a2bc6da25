#pragma once
// Which request is answered by what.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/serve/service_parts.h"
#include "fcclip/serve/work.h"

namespace fcclip::serve {

/// A request that was matched.
struct Call {
  const Request& request;
  std::vector<std::string> arguments;  ///< where the pattern has {…}
  Fields query;
};

/// Answered at once, by the thread that read the request: no picture, no model. Throws Error.
using QuickHandler = Response (*)(Call&, ServiceParts&);

struct Route {
  std::string_view method, pattern;  ///< "POST", "/v1/images/{id}/at"
  QuickHandler quick = nullptr;      ///< or
  const WorkRoute* work = nullptr;
  std::vector<std::string> offers = {};  ///< media types of the answer; empty: whatever is there
  bool is_public = false;                ///< without a token
};

const std::vector<Route>& routes();

/// The route of a request, with the values of the pattern's {…}.
struct Match {
  const Route* route = nullptr;
  std::vector<std::string> arguments;
  std::string allowed;  ///< where only the method does not fit: "GET, HEAD"
};
/// HEAD goes where GET does.
Match match(std::string_view method, const std::vector<std::string>& path);

// Handlers, by file.
Response get_health(Call&, ServiceParts&);
Response get_ready(Call&, ServiceParts&);
Response get_metrics(Call&, ServiceParts&);
Response get_request(Call&, ServiceParts&);
Response list_models(Call&, ServiceParts&);
Response list_vocabularies(Call&, ServiceParts&);
Response get_vocabulary(Call&, ServiceParts&);
Response get_image(Call&, ServiceParts&);
Response delete_image(Call&, ServiceParts&);
Response get_page_file(Call&, ServiceParts&);
Response inference_server(Call&, ServiceParts&);
Response inference_live(Call&, ServiceParts&);
Response inference_ready(Call&, ServiceParts&);
Response inference_model(Call&, ServiceParts&);
Response inference_model_ready(Call&, ServiceParts&);
extern const WorkRoute kSegment, kStoreImage, kAskImage, kAtPlace, kBestWords, kInfer;

}  // namespace fcclip::serve

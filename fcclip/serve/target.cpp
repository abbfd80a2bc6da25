// Boost.URL reads targets; its sources are compiled here, so that nothing is linked.
#include <boost/url/parse.hpp>
#include <boost/url/src.hpp>
#include <boost/url/url_view.hpp>

#include "fcclip/core/error.h"
#include "fcclip/serve/fields.h"

namespace fcclip::serve {

Target parse_target(const std::string& target) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) fail(ErrorCode::invalid_argument, "the target is not a path");
  Target out;
  for (const auto& segment : url->segments()) out.path.emplace_back(segment.data(), segment.size());
  if (out.path.empty()) out.path.emplace_back();  // "/"
  boost::urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& parameter : url->params(options))
    out.query.add_text(std::string(parameter.key), std::string(parameter.value));
  return out;
}

}  // namespace fcclip::serve

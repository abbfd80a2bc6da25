#pragma once
// JSON that several routes send.

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "fcclip/serve/image_store.h"
#include "fcclip/serve/message.h"

namespace fcclip::serve {

/// One line with its end.
Response json_response(int status, const nlohmann::json& body);

/// {"id", "width", "height", "model", "name", "bytes", "expires"}
nlohmann::json image_json(const std::string& id, const StoredImage& image,
                          std::chrono::seconds keep);

}  // namespace fcclip::serve

#pragma once
// A picture and the fields beside it, in each of the forms that a request may have.

#include <string>

#include "fcclip/serve/fields.h"
#include "fcclip/serve/message.h"

namespace fcclip::serve {

struct Upload {
  std::string bytes;     ///< of the picture's file
  std::string filename;  ///< as the client calls it; empty: it does not say
  Fields fields;
};

/// multipart/form-data with a part "image"; JSON with "image" in base64; or the picture's bytes as
/// they are, the fields in the query. Throws Error{invalid_argument} for what cannot be read,
/// Error{invalid_value} for no picture, Error{bad_format} for another Content-Type.
Upload read_upload(const Request& request, Fields query);

/// Fields alone: JSON, a form of either kind, or the query. Throws as above.
Fields read_fields(const Request& request, Fields query);

}  // namespace fcclip::serve

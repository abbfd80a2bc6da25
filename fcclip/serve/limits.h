#pragma once
// What the service bounds before it works.

#include <chrono>
#include <cstdint>

namespace fcclip::serve {

/// Bytes, pixels, words and places. The program prints what memory they add up to.
struct Limits {
  int64_t body_bytes = int64_t{32} << 20;       ///< of a request with a picture
  int64_t small_body_bytes = int64_t{1} << 20;  ///< of a request without
  int64_t picture_px = int64_t{50} << 20;       ///< read from the picture's header, before decoding
  int64_t words = 5000;                         ///< synonyms of one question
  int64_t word_bytes = 1000;                    ///< of one synonym
  int64_t queue = 64;                           ///< requests that wait or are worked on
  int64_t queue_of_client = 32;                 ///< of these, of one address
  int64_t decoded_ahead = 4;                 ///< pictures decoded while the network works on others
  int64_t batch = 1;                         ///< pictures that run at once
  int64_t store_bytes = int64_t{512} << 20;  ///< encoded pictures and their pixels
  int64_t prepared_words = 50000;            ///< synonyms whose rows stay in memory
  std::chrono::seconds keep{3600};           ///< an encoded picture that nobody asks
  std::chrono::seconds timeout{120};         ///< from a request's last byte to its answer
};

}  // namespace fcclip::serve

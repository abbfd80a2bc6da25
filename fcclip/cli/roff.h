#pragma once
// Text as manual pages hold it (roff with the macros of man), for groff and mandoc alike.

#include <string>

namespace fcclip::cli {

/// A line that is printed as it is: quotes stay straight and hyphens can be copied, it is not taken
/// for a request, and only ASCII is left.
std::string roff_text(const std::string& text);

/// The same for text whose lines are filled by the reader's program: lines of at most 80 bytes.
std::string roff_paragraph(const std::string& text);

/// "fcclip segment PICTURE... --output FILE [OPTIONS]": options bold, what stands for a value italic.
std::string roff_usage(const std::string& usage);

/// A line of a shell within 72 columns: broken between words, before an option where one is, never
/// within quotes.
std::string folded_command(const std::string& line);

}  // namespace fcclip::cli

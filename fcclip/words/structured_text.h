#pragma once
// YAML and Python's literals as JSON, so that one reader understands all three. Internal to the
// folder.

#include <optional>
#include <string>
#include <string_view>

namespace fcclip::words {

/// The JSON text of a YAML document. Scalars become texts, but for ids, colours and marks of
/// things. Throws Error{bad_format} with the line, for a key that occurs twice and for a document
/// of absurd size; Error{unsafe_file} for tags that ask for objects.
std::string yaml_as_json(const std::string& text);

/// What stands behind "NAME =" when the text is one assignment of a list, tuple or dict in Python.
std::optional<std::string_view> assigned_value(std::string_view text);

/// A literal of Python (lists, tuples, dicts, texts in either quotation marks) as YAML's flow form.
std::string python_as_flow(std::string_view text);

/// Line of a byte, from 1.
size_t line_of_byte(std::string_view text, size_t at);

}  // namespace fcclip::words

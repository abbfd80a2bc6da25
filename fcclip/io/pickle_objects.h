#pragma once
// What a pickle may name, and what naming it means here.

#include <optional>
#include <string>
#include <string_view>

#include "fcclip/io/pickle_reader.h"

namespace fcclip::io {

/// Whether "module.name" stands on the list.
bool is_allowed_global(std::string_view name);

/// The result of `callable(*arguments)` for an allowed global, made as data. Throws
/// Error{bad_format} when the arguments are not what torch writes, Error{unsafe_file} when
/// `callable` is no allowed global.
PickleValue make_object(PickleDocument& document, const PickleValue& callable,
                        const PickleValue& arguments, const std::string& file);

/// The object of torch's persistent id ("storage", type, key, location, size[, view]).
PickleValue make_storage(PickleDocument& document, const PickleValue& id, const std::string& file);

/// `object.__setstate__(state)`: only arrays and metadata have states, which are not kept.
void apply_state(PickleValue& object, const std::string& file);

}  // namespace fcclip::io

#include "fcclip/data/id_table.h"

#include "fcclip/data/json_fields.h"

namespace fcclip::data {

std::optional<size_t> IdTable::find(const std::string& key) const {
  auto found = positions_.find(key);
  if (found == positions_.end()) found = positions_.find(id_key_alike(key));
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

}  // namespace fcclip::data

#pragma once
// What can be said about a subject: a template over one of its names, or its own caption.

#include <cstdint>
#include <string>
#include <vector>

#include "fcclip/core/random.h"

namespace fcclip::pretrain {

/// A nameable thing.
struct Subject {
  std::string name;
  std::vector<std::string> synonyms;
  std::vector<std::string> broader;  ///< also true, not its name
};

/// How captions are drawn.
struct CaptionOptions {
  std::vector<std::string> templates;  ///< "{}" where the name goes
  double synonym_share = 0.35;         ///< a synonym in place of the name
  double own_share = 0.25;             ///< the picture's own caption, where it has one
};

/// The name or, for a share of the draws, a synonym.
std::string draw_name(const Subject& subject, const CaptionOptions& options, Random& random);

/// A random template over `name`.
std::string draw_caption(const std::string& name, const CaptionOptions& options, Random& random);

/// Every name, synonym and template once: the texts of a byte-pair vocabulary.
std::vector<std::string> all_texts(const std::vector<Subject>& subjects,
                                   const CaptionOptions& options);

/// Numbers of names: subjects in order, then the broader terms that are no subject's name.
class NameTable {
 public:
  explicit NameTable(const std::vector<Subject>& subjects);
  const std::vector<std::string>& names() const { return names_; }
  /// The subject itself and its broader terms.
  const std::vector<int64_t>& true_names(int64_t subject) const { return true_names_[subject]; }

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<int64_t>> true_names_;
};

}  // namespace fcclip::pretrain

#pragma once
// Options that take several numbers: "210,160", and those to be tried, "0.2,0.5", "0.2:0.6:0.1".

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

/// Numbers from `least` to `most` at commas, none twice; START:END:STEP stands for all from START
/// to END, which a whole number of steps must reach.
CLI::Validator number_list(double least, double most);

/// "210,160": plain numbers at commas; none where one of them is no number.
std::vector<double> numbers_at_commas(const std::string& text);

/// The numbers of a text that number_list lets pass, in its order.
std::vector<double> listed_numbers(const std::string& text);

}  // namespace fcclip::cli

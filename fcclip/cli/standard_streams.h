#pragma once
// Standard input, output and error as a program finds them: closed, full, or with nobody reading.

#include <functional>

namespace fcclip::cli {

/// Calls the program's main part between the functions below and returns its exit status, or 1
/// with a line on standard error when what it printed could not be written.
int with_standard_streams(const std::function<int()>& program);

/// A closed one would give its number to the next file that is opened, which then takes what is
/// printed. Those get a place where reading and writing fail. To be called first.
void occupy_closed_streams();

/// A reader that goes away (`| head`) no longer ends the program in the middle of a file, but at
/// the next check_standard_output(). Stays as it is where the caller already ignores the signal.
void outlive_closed_pipe();

/// The reader went away.
bool standard_output_closed();

/// Throws Error{io_failure} unless everything printed so far has been taken; Error{interrupted}
/// without a message when the reader went away.
void check_standard_output();

/// Ends the program as the system would have, if the reader went away.
void end_if_output_closed();

}  // namespace fcclip::cli

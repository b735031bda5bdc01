// Finds the name that a person who mistyped one probably meant, for messages of the command line.
//
//   NearestName("--dns-lisen", {"--dns-listen", "--dot-listen"});      // "--dns-listen"
//   DescribeUnknown({"--b", "--dns-lisen=x"}, known);
//       // "unknown option --b, unknown option --dns-lisen (did you mean --dns-listen?)"
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cloudmap {

// The one of `known` that is closest to `name` by insertions, deletions, replacements and swaps of
// neighbours; "" when none is close enough to be worth mentioning (a third of its length).
std::string NearestName(absl::string_view name, const std::vector<std::string>& known);

// One clause for each argument that a program does not know, in the order given. A plain argument
// behind an unknown option is taken for its value and not mentioned.
std::string DescribeUnknown(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& known);

}  // namespace cloudmap

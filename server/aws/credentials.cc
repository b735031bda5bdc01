#include "server/aws/credentials.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cloudmap::aws {

absl::StatusOr<Credentials> ParseCredentials(absl::string_view text, absl::string_view file) {
  Credentials credentials;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    // The line itself stays out of the message: it may hold a secret.
    if (words.size() != 2) {
      return absl::InvalidArgumentError(absl::StrCat(
          file, ":", number, ": expected ACCESS_KEY_ID SECRET, found ", words.size(), " words"));
    }
    if (absl::StrContains(words[0], '/') || absl::StrContains(words[0], ',')) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", number, ": an access key id has no '/' and no ','"));
    }
    if (!credentials.emplace(words[0], words[1]).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", number, ": access key id ", words[0], " is there twice"));
    }
  }
  if (credentials.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": has no credentials; expected lines ACCESS_KEY_ID SECRET"));
  }
  return credentials;
}

absl::StatusOr<Credentials> LoadCredentials(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return absl::InvalidArgumentError(
        absl::StrCat("--credentials ", file, ": ",
                     errno == 0 ? "is empty" : std::generic_category().message(errno)));
  }
  return ParseCredentials(text.str(), file);
}

}  // namespace cloudmap::aws

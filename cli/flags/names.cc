#include "cli/flags/names.h"

#include "absl/strings/ascii.h"

namespace cloudmap::cli {

std::string KebabCase(absl::string_view name) {
  std::string kebab;
  for (size_t i = 0; i < name.size(); ++i) {
    if (absl::ascii_isupper(static_cast<unsigned char>(name[i])) && i > 0) {
      const bool after_word = !absl::ascii_isupper(static_cast<unsigned char>(name[i - 1]));
      const bool before_word =
          i + 1 < name.size() && absl::ascii_islower(static_cast<unsigned char>(name[i + 1]));
      if (after_word || before_word) {
        kebab.push_back('-');
      }
    }
    kebab.push_back(absl::ascii_tolower(static_cast<unsigned char>(name[i])));
  }
  return kebab;
}

}  // namespace cloudmap::cli

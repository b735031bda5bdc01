#include "registry/decide/tags.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "registry/errors.h"
#include "registry/limits.h"

namespace cloudmap::registry {

absl::StatusOr<StringMap> MergeTags(const StringMap& existing,
                                    const google::protobuf::RepeatedPtrField<v1::Tag>& tags,
                                    absl::string_view resource_name) {
  StringMap merged = existing;
  absl::flat_hash_set<absl::string_view> keys;
  for (const v1::Tag& tag : tags) {
    if (absl::StartsWithIgnoreCase(tag.key(), "aws:")) {
      return InvalidInput(
          absl::StrCat("Tag key '", tag.key(), "' is reserved: keys must not start with 'aws:'."));
    }
    if (!keys.insert(tag.key()).second) {
      return InvalidInput(absl::StrCat("Tag key '", tag.key(), "' is given more than once."));
    }
    merged[tag.key()] = tag.value();
  }
  if (merged.size() > kTagsMax) {
    return MakeError(v1::ERROR_CODE_TOO_MANY_TAGS,
                     absl::StrCat("A resource can have at most ", kTagsMax, " tags; ",
                                  resource_name, " would have ", merged.size(), "."),
                     {{"ResourceName", std::string(resource_name)}});
  }
  return merged;
}

}  // namespace cloudmap::registry

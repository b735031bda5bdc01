// The rules of tags, which the creates and TagResource share.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/resources.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "registry/base/string_map.h"

namespace cloudmap::registry {

// `existing` with `tags` added, in the place of those that have their keys. InvalidInput for a key
// that is given twice or begins with "aws:" in any letter case; TooManyTagsException, naming
// `resource_name`, for more than kTagsMax in all.
absl::StatusOr<StringMap> MergeTags(const StringMap& existing,
                                    const google::protobuf::RepeatedPtrField<v1::Tag>& tags,
                                    absl::string_view resource_name);

}  // namespace cloudmap::registry

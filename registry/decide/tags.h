// Rules of tags, shared by the creates and the tag operations.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/resources.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "registry/base/string_map.h"

namespace cloudmap::registry {

// `existing` with `tags` added or overwritten. InvalidInput for a key given twice or one that
// starts with "aws:"; TooManyTags, naming `resource_name`, for more than 50 in all.
absl::StatusOr<StringMap> MergeTags(const StringMap& existing,
                                    const google::protobuf::RepeatedPtrField<v1::Tag>& tags,
                                    absl::string_view resource_name);

}  // namespace cloudmap::registry

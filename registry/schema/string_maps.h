// The map<string, string> members of requests, as maps. Reflection would show one as a list of
// entries, and make the map of the list, and the list of the map, whenever the other is touched.
#pragma once

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "registry/base/string_map.h"

namespace cloudmap::registry {

// nullptr for a field that is not such a member of a request. REQUIRES: a field of `message`.
const StringMap* FindStringMap(const google::protobuf::Message& message,
                               const google::protobuf::FieldDescriptor& field);
// A copy of such a member, by reflection: slower, and it knows every map<string, string> there is.
StringMap CopyStringMap(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor& field);
StringMap* FindMutableStringMap(google::protobuf::Message& message,
                                const google::protobuf::FieldDescriptor& field);

}  // namespace cloudmap::registry

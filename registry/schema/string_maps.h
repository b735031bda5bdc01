// The map<string, string> members of requests, as maps.
//
//   if (const StringMap* map = FindStringMap(request, field)) { ... }     // fast, for known
//   members const StringMap copy = CopyStringMap(message, field);                 // slow, for
//   every member
//
// Reflection shows a map as a list of entries, and protobuf makes the map of the list, and the list
// of the map, whenever the other is touched: a registration would pay for both. So the four maps
// that requests have are known by name here.
#pragma once

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "registry/base/string_map.h"

namespace cloudmap::registry {

// The map itself; nullptr for a field that string_maps.cc has no row for. REQUIRES: a field of
// `message`.
const StringMap* FindStringMap(const google::protobuf::Message& message,
                               const google::protobuf::FieldDescriptor& field);
// A copy of the map, by reflection. REQUIRES: a map<string, string> field of `message`.
StringMap CopyStringMap(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor& field);
StringMap* FindMutableStringMap(google::protobuf::Message& message,
                                const google::protobuf::FieldDescriptor& field);

}  // namespace cloudmap::registry

// Messages <-> AWS JSON 1.1, by reflection: members are the fields' json_names, enum values lose
// their prefix (NAMESPACE_TYPE_HTTP is "HTTP"), google.protobuf.Timestamp is a number of seconds.
//
//   registry::Violations found;
//   RETURN_IF_ERROR(Decode(body, *request, found));
//   ...
//   std::string body = Encode(response);
//
// What is absent and what is empty, so that clients can rely on it:
//   - an optional scalar or a message that is not set is left out; a message that is set appears
//     even when it is empty ({}).
//   - a list or a map that is empty is left out, except a member of a *Response message and the
//     members Attributes and Targets, which always appear ([] and {}).
//
// Protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "registry/schema/violations.h"

namespace cloudmap::json {

// Reads one JSON object into `message`, which is empty. Members that the message does not have are
// ignored, null is the same as absent, and the last of equal keys counts.
//
// SerializationException, naming the member, for text that is not JSON and for a value of the wrong
// type or size; `message` is then unspecified. What is well-formed but against the API model (a
// required list or map left out, an unknown enum value, a null list element) goes into `found`.
absl::Status Decode(absl::string_view text, google::protobuf::Message& message,
                    registry::Violations& found);

// REQUIRES: strings are valid UTF-8, as protobuf demands of them.
std::string Encode(const google::protobuf::Message& message);

// The same from the message's bytes, as SerializeDeterministically makes them.
std::string EncodeWire(const google::protobuf::Descriptor& type, absl::string_view wire);

// The same JSON for people: indented by two, members in alphabetical order.
std::string EncodePretty(const google::protobuf::Message& message);

}  // namespace cloudmap::json

// Responses for people: lists as aligned columns, single objects as an indented tree.
//
//   Id        Name        Type
//   ns-1      corp.local  DNS_PRIVATE
//
// Lists leave out ARNs and account numbers, which JSON output has.
// Thread safety: pure functions.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace cloudmap::cli {

// Ends with a newline unless it is empty, as it is for a response without members. Control
// characters of values are escaped: what a client registered must not steer a terminal.
std::string PrintTable(const google::protobuf::Message& response);

}  // namespace cloudmap::cli

// Responses for people: a list as aligned columns, a single object as an indented tree.
//
//   Id        Name        Type               Id    srv-1
//   ns-1      corp.local  DNS_PRIVATE        Name  web
//   ns-2      test.local  DNS_PRIVATE        DnsConfig
//                                              RoutingPolicy  MULTIVALUE
//
// A list shows a column for each member that any of its elements has, but for ARNs and account
// numbers, which would push the rest off the screen; `--output json` has them. Values that hold
// others are written in the shorthand that flags take.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace cloudmap::cli {

// The text of any response. It ends with a newline, or is empty for a response without members.
// Below a list stands what came beside it: the token of the next page, a revision. Control
// characters of values are written as \xNN, since what a client registered must not steer
// somebody's terminal. A pure function; it cannot fail.
std::string PrintTable(const google::protobuf::Message& response);

}  // namespace cloudmap::cli

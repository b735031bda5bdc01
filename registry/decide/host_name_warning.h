// A warning for whoever operates the server: an instance whose SRV target some resolvers cannot
// read. AWS takes such instance ids, and so does RegisterInstance; the warning is how one learns
// why a client sees nothing.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

// One sentence that names the service, the instance and the resolvers that refuse its host name,
// INSTANCE.SERVICE.NAMESPACE; "" when all read it, or when the service has no SRV records and so no
// host names. `id` is a valid instance id.
//
// What is refused, as tried with c-ares 1.34 and Go 1.26: c-ares refuses an answer with a target
// that holds ':' or '@', Go reports an error for one that holds ':', '@' or '/' or has a label that
// begins or ends with '-'.
std::string HostNameWarning(const NamespaceRecord& in, const ServiceRecord& service,
                            absl::string_view id);

}  // namespace cloudmap::registry

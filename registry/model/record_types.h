// Which DNS record types the instances of a service have.
#pragma once

#include "registry/model/record.h"

namespace cloudmap::registry {

// True when the service's DnsConfig has a record of `type`; false without a DnsConfig.
bool HasRecordType(const ServiceRecord& service, v1::RecordType type);

}  // namespace cloudmap::registry

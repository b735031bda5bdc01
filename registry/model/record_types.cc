#include "registry/model/record_types.h"

#include <algorithm>

namespace cloudmap::registry {

bool HasRecordType(const ServiceRecord& service, v1::RecordType type) {
  const auto& records = service.dns_config().dns_records();
  return std::any_of(records.begin(), records.end(),
                     [type](const v1::DnsRecord& record) { return record.type() == type; });
}

}  // namespace cloudmap::registry

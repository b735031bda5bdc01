#include "registry/model/soa_ttl.h"

namespace cloudmap::registry {

int64_t SoaTtlOf(const SoaTtls& defaults, const NamespaceRecord& record) {
  if (record.has_soa_ttl_seconds()) {
    return record.soa_ttl_seconds();
  }
  return record.type() == v1::NAMESPACE_TYPE_DNS_PUBLIC ? defaults.public_seconds
                                                        : defaults.private_seconds;
}

}  // namespace cloudmap::registry

#include "registry/model/state.h"

#include "absl/strings/str_cat.h"
#include "registry/model/names.h"

namespace cloudmap::registry {

const NamespaceEntry* State::FindNamespace(absl::string_view id) const {
  return namespaces_.Find(id);
}

const NamespaceEntry* State::FindNamespaceByHttpName(absl::string_view http_name) const {
  const std::string* id = namespace_by_http_name_.Find(http_name);
  return id == nullptr ? nullptr : FindNamespace(*id);
}

const NamespaceIds* State::FindDnsNamespacesByName(absl::string_view name) const {
  return FindNamespacesByNameKey(DnsNamespaceKey(name));
}

const NamespaceIds* State::FindHttpNamespacesByName(absl::string_view name) const {
  return FindNamespacesByNameKey(HttpNamespaceKey(name));
}

const NamespaceIds* State::FindNamespacesByNameKey(absl::string_view name_key) const {
  const auto* ids = namespaces_by_name_key_.Find(name_key);
  return ids == nullptr ? nullptr : ids->get();
}

const ServiceEntry* State::FindService(absl::string_view id) const { return services_.Find(id); }

const ServiceEntry* State::FindServiceByName(const NamespaceEntry& in,
                                             absl::string_view name) const {
  const std::string* id = in.services.Find(ServiceNameKey(in.record->type(), name));
  return id == nullptr ? nullptr : FindService(*id);
}

const PackedInstance* State::FindInstance(absl::string_view service_id,
                                          absl::string_view instance_id) const {
  const ServiceEntry* service = FindService(service_id);
  return service == nullptr ? nullptr : service->instances.Find(instance_id);
}

const PackedOperation* State::FindOperation(absl::string_view id) const {
  return operations_.Find(id);
}

const PackedOperation* State::FindOperationByLock(absl::string_view lock) const {
  const std::string* id = operation_by_lock_.Find(lock);
  return id == nullptr ? nullptr : FindOperation(*id);
}

const PackedOperation* State::FindOperationByRequest(absl::string_view request_key) const {
  const std::string* id = operation_by_request_.Find(request_key);
  return id == nullptr ? nullptr : FindOperation(*id);
}

std::string RequestKey(absl::string_view method, absl::string_view namespace_id,
                       absl::string_view token) {
  return absl::StrCat(method, "\n", namespace_id, "\n", token);
}

std::string RequestKeyOf(const PackedOperation& operation) {
  if (operation.type() != v1::OPERATION_TYPE_UPDATE_NAMESPACE ||
      operation.request_token().empty()) {
    return "";
  }
  return RequestKey(operation.method(), operation.namespace_id(), operation.request_token());
}

int64_t DefaultSoaTtl(const SoaTtls& ttls, v1::NamespaceType type) {
  return type == v1::NAMESPACE_TYPE_DNS_PUBLIC ? ttls.public_seconds : ttls.private_seconds;
}

}  // namespace cloudmap::registry

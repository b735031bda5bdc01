#include "registry/model/state.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cloudmap::registry {

const NamespaceEntry* State::FindNamespace(absl::string_view id) const {
  return namespaces_.Find(id);
}

const NamespaceEntry* State::FindNamespaceByHttpName(absl::string_view http_name) const {
  const std::string* id = namespace_by_http_name_.Find(http_name);
  return id == nullptr ? nullptr : FindNamespace(*id);
}

const NamespaceIds* State::FindNamespacesByName(v1::NamespaceType type,
                                                absl::string_view name) const {
  const auto* ids = namespaces_by_name_.Find(NamespaceNameKey(type, name));
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

std::string ServiceNameKey(v1::NamespaceType type, absl::string_view service_name) {
  return IsDnsNamespace(type) ? absl::AsciiStrToLower(service_name) : std::string(service_name);
}

std::string CanonicalDnsName(absl::string_view name) {
  if (!name.empty() && name.back() == '.') {
    name.remove_suffix(1);
  }
  return absl::AsciiStrToLower(name);
}

std::string NamespaceNameKey(v1::NamespaceType type, absl::string_view name) {
  return IsDnsNamespace(type) ? absl::StrCat("d/", CanonicalDnsName(name))
                              : absl::StrCat("h/", name);
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

bool IsDnsNamespace(v1::NamespaceType type) {
  return type == v1::NAMESPACE_TYPE_DNS_PRIVATE || type == v1::NAMESPACE_TYPE_DNS_PUBLIC;
}

}  // namespace cloudmap::registry

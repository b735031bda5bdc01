#include "registry/decide/effects.h"

#include <algorithm>
#include <iterator>

#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/check.h"

namespace cloudmap::registry {
namespace {

template <typename Request>
const google::protobuf::Message& Prototype() {
  return Request::default_instance();
}

// The methods of instances come first: they are called most.
constexpr AsyncMethod kMethods[] = {
    {"RegisterInstance", v1::OPERATION_TYPE_REGISTER_INSTANCE, RegisterInstanceEffect,
     Prototype<v1::RegisterInstanceRequest>},
    {"DeregisterInstance", v1::OPERATION_TYPE_DEREGISTER_INSTANCE, DeregisterInstanceEffect,
     Prototype<v1::DeregisterInstanceRequest>},
    {"UpdateService", v1::OPERATION_TYPE_UPDATE_SERVICE, UpdateServiceEffect,
     Prototype<v1::UpdateServiceRequest>},
    {"CreateHttpNamespace", v1::OPERATION_TYPE_CREATE_NAMESPACE, CreateNamespaceEffect,
     Prototype<v1::CreateHttpNamespaceRequest>},
    {"CreatePrivateDnsNamespace", v1::OPERATION_TYPE_CREATE_NAMESPACE, CreateNamespaceEffect,
     Prototype<v1::CreatePrivateDnsNamespaceRequest>},
    {"CreatePublicDnsNamespace", v1::OPERATION_TYPE_CREATE_NAMESPACE, CreateNamespaceEffect,
     Prototype<v1::CreatePublicDnsNamespaceRequest>},
    {"UpdateHttpNamespace", v1::OPERATION_TYPE_UPDATE_NAMESPACE, UpdateNamespaceEffect,
     Prototype<v1::UpdateHttpNamespaceRequest>},
    {"UpdatePrivateDnsNamespace", v1::OPERATION_TYPE_UPDATE_NAMESPACE, UpdateNamespaceEffect,
     Prototype<v1::UpdatePrivateDnsNamespaceRequest>},
    {"UpdatePublicDnsNamespace", v1::OPERATION_TYPE_UPDATE_NAMESPACE, UpdateNamespaceEffect,
     Prototype<v1::UpdatePublicDnsNamespaceRequest>},
    {"DeleteNamespace", v1::OPERATION_TYPE_DELETE_NAMESPACE, DeleteNamespaceEffect,
     Prototype<v1::DeleteNamespaceRequest>},
};

}  // namespace

const AsyncMethod& AsyncMethodNamed(absl::string_view name) {
  const auto* method = std::find_if(std::begin(kMethods), std::end(kMethods),
                                    [name](const AsyncMethod& m) { return m.name == name; });
  CLOUDMAP_CHECK(method != std::end(kMethods), "every asynchronous method has a row");
  return *method;
}

}  // namespace cloudmap::registry

#include "registry/decide/effects.h"

#include "cloudmap/v1/service_discovery.pb.h"

namespace cloudmap::registry {
namespace {

struct Row {
  const char* method;
  Effect effect;
  const google::protobuf::Message& (*prototype)();
};

template <typename Request>
const google::protobuf::Message& Prototype() {
  return Request::default_instance();
}

constexpr Row kRows[] = {
    {"CreateHttpNamespace", CreateNamespaceEffect, Prototype<v1::CreateHttpNamespaceRequest>},
    {"CreatePrivateDnsNamespace", CreateNamespaceEffect,
     Prototype<v1::CreatePrivateDnsNamespaceRequest>},
    {"CreatePublicDnsNamespace", CreateNamespaceEffect,
     Prototype<v1::CreatePublicDnsNamespaceRequest>},
    {"UpdateHttpNamespace", UpdateNamespaceEffect, Prototype<v1::UpdateHttpNamespaceRequest>},
    {"UpdatePrivateDnsNamespace", UpdateNamespaceEffect,
     Prototype<v1::UpdatePrivateDnsNamespaceRequest>},
    {"UpdatePublicDnsNamespace", UpdateNamespaceEffect,
     Prototype<v1::UpdatePublicDnsNamespaceRequest>},
    {"DeleteNamespace", DeleteNamespaceEffect, Prototype<v1::DeleteNamespaceRequest>},
    {"UpdateService", UpdateServiceEffect, Prototype<v1::UpdateServiceRequest>},
    {"RegisterInstance", RegisterInstanceEffect, Prototype<v1::RegisterInstanceRequest>},
    {"DeregisterInstance", DeregisterInstanceEffect, Prototype<v1::DeregisterInstanceRequest>},
};

}  // namespace

EffectBinding FindEffect(absl::string_view method) {
  for (const Row& row : kRows) {
    if (method == row.method) {
      return {row.effect, &row.prototype()};
    }
  }
  return {};
}

}  // namespace cloudmap::registry

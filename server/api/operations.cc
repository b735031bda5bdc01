#include "server/api/operations.h"

#include <utility>

#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/check.h"
#include "registry/base/wire_format.h"
#include "registry/decide/decide.h"
#include "registry/errors.h"
#include "registry/query/query.h"
#include "registry/schema/validate.h"

namespace cloudmap::api {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using registry::CommandContext;
using registry::Decision;
using registry::QueryContext;
using registry::State;

class Operations::Handler {
 public:
  virtual ~Handler() = default;
  virtual const google::protobuf::Descriptor* request_type() const = 0;
  // `request` is of request_type() and valid.
  // Whether a Flush is needed.
  virtual bool Run(registry::Registry& registry, std::unique_ptr<Message> request,
                   Done done) const = 0;
};

namespace {

template <typename Handler, typename Request>
class WriteHandler final : public Handler {
 public:
  using Function = absl::StatusOr<Decision> (*)(const State&, const CommandContext&,
                                                const Request&);
  explicit WriteHandler(Function function) : function_(function) {}

  const google::protobuf::Descriptor* request_type() const override {
    return Request::descriptor();
  }
  bool Run(registry::Registry& registry, std::unique_ptr<Message> request,
           Operations::Done done) const override {
    registry.Submit(
        [function = function_, request = std::move(request)](const State& state,
                                                             const CommandContext& context) {
          return function(state, context, static_cast<const Request&>(*request));
        },
        [done = std::move(done)](absl::StatusOr<std::unique_ptr<Message>> response) mutable {
          if (!response.ok()) {
            done(response.status());
          } else {
            done(SerializeDeterministically(**response));
          }
        });
    return true;
  }

 private:
  const Function function_;
};

std::string BytesOf(const Message& response) { return SerializeDeterministically(response); }
template <typename Response>
std::string BytesOf(registry::Wire<Response> response) {
  return std::move(response.bytes);
}

template <typename Handler, typename Request, typename Response>
class ReadHandler final : public Handler {
 public:
  using Function = absl::StatusOr<Response> (*)(const State&, const QueryContext&, const Request&);
  explicit ReadHandler(Function function) : function_(function) {}

  const google::protobuf::Descriptor* request_type() const override {
    return Request::descriptor();
  }
  bool Run(registry::Registry& registry, std::unique_ptr<Message> request,
           Operations::Done done) const override {
    const std::shared_ptr<const State> state = registry.Current();
    const QueryContext context{registry.options(), registry.random().Next()};
    absl::StatusOr<Response> response =
        function_(*state, context, static_cast<const Request&>(*request));
    if (!response.ok()) {
      done(response.status());
    } else {
      done(BytesOf(*std::move(response)));
    }
    return false;
  }

 private:
  const Function function_;
};

template <typename Handler, typename Request>
std::unique_ptr<Handler> Bind(absl::StatusOr<Decision> (*function)(const State&,
                                                                   const CommandContext&,
                                                                   const Request&)) {
  return std::make_unique<WriteHandler<Handler, Request>>(function);
}

template <typename Handler, typename Request, typename Response>
std::unique_ptr<Handler> Bind(absl::StatusOr<Response> (*function)(const State&,
                                                                   const QueryContext&,
                                                                   const Request&)) {
  return std::make_unique<ReadHandler<Handler, Request, Response>>(function);
}

}  // namespace

Operations::Operations(registry::Registry& registry, Throttle* throttle)
    : registry_(registry), throttle_(throttle) {
  namespace r = cloudmap::registry;
  std::pair<const char*, std::unique_ptr<Handler>> table[] = {
      {"CreateHttpNamespace", Bind<Handler>(&r::CreateHttpNamespace)},
      {"CreatePrivateDnsNamespace", Bind<Handler>(&r::CreatePrivateDnsNamespace)},
      {"CreatePublicDnsNamespace", Bind<Handler>(&r::CreatePublicDnsNamespace)},
      {"GetNamespace", Bind<Handler>(&r::GetNamespace)},
      {"ListNamespaces", Bind<Handler>(&r::ListNamespaces)},
      {"UpdateHttpNamespace", Bind<Handler>(&r::UpdateHttpNamespace)},
      {"UpdatePrivateDnsNamespace", Bind<Handler>(&r::UpdatePrivateDnsNamespace)},
      {"UpdatePublicDnsNamespace", Bind<Handler>(&r::UpdatePublicDnsNamespace)},
      {"DeleteNamespace", Bind<Handler>(&r::DeleteNamespace)},
      {"CreateService", Bind<Handler>(&r::CreateService)},
      {"GetService", Bind<Handler>(&r::GetService)},
      {"ListServices", Bind<Handler>(&r::ListServices)},
      {"UpdateService", Bind<Handler>(&r::UpdateService)},
      {"DeleteService", Bind<Handler>(&r::DeleteService)},
      {"GetServiceAttributes", Bind<Handler>(&r::GetServiceAttributes)},
      {"UpdateServiceAttributes", Bind<Handler>(&r::UpdateServiceAttributes)},
      {"DeleteServiceAttributes", Bind<Handler>(&r::DeleteServiceAttributes)},
      {"RegisterInstance", Bind<Handler>(&r::RegisterInstance)},
      {"DeregisterInstance", Bind<Handler>(&r::DeregisterInstance)},
      {"GetInstance", Bind<Handler>(&r::GetInstance)},
      {"ListInstances", Bind<Handler>(&r::ListInstances)},
      {"GetInstancesHealthStatus", Bind<Handler>(&r::GetInstancesHealthStatus)},
      {"UpdateInstanceCustomHealthStatus", Bind<Handler>(&r::UpdateInstanceCustomHealthStatus)},
      {"DiscoverInstances", Bind<Handler>(&r::DiscoverInstances)},
      {"DiscoverInstancesRevision", Bind<Handler>(&r::DiscoverInstancesRevision)},
      {"GetOperation", Bind<Handler>(&r::GetOperation)},
      {"ListOperations", Bind<Handler>(&r::ListOperations)},
      {"TagResource", Bind<Handler>(&r::TagResource)},
      {"UntagResource", Bind<Handler>(&r::UntagResource)},
      {"ListTagsForResource", Bind<Handler>(&r::ListTagsForResource)},
  };
  const auto* service =
      v1::RegisterInstanceRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  for (auto& [name, handler] : table) {
    const MethodDescriptor* method = service->FindMethodByName(name);
    CLOUDMAP_CHECK(method != nullptr && method->input_type() == handler->request_type(),
                   "the table names methods of the proto");
    by_name_[name] = method;
    handlers_[method] = std::move(handler);
  }
  for (int i = 0; i < service->method_count(); ++i) {
    CLOUDMAP_CHECK(handlers_.contains(service->method(i)), "every method has a handler");
    methods_.push_back(service->method(i));
  }
}

Operations::~Operations() = default;

const MethodDescriptor* Operations::FindMethod(absl::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

std::unique_ptr<Message> Operations::NewRequest(const MethodDescriptor& method) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()
                                      ->GetPrototype(method.input_type())
                                      ->New());
}

bool Operations::Call(const MethodDescriptor& method, std::unique_ptr<Message> request,
                      registry::Violations found, Done done) {
  if (throttle_ != nullptr) {
    const absl::Status admitted = throttle_->Admit(method.name());
    if (!admitted.ok()) {
      done(admitted);
      return false;
    }
  }
  registry::Validate(*request, found);
  if (!found.empty()) {
    done(found.ToStatus());
    return false;
  }
  return handlers_.at(&method)->Run(registry_, std::move(request), std::move(done));
}

}  // namespace cloudmap::api

// A registry without threads or store, for tests of the rules: requests as text protos, decided and
// applied one by one on a State, with time and entropy in the test's hands.
//
//   class CreateService : public RulesTest {};
//   TEST_F(CreateService, NeedsANamespace) {
//     EXPECT_EQ(Try(registry::CreateService, R"pb(name: "web")pb"),
//               "InvalidInput: Service namespace id cannot be null");
//   }
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "registry/decide/decide.h"
#include "registry/decide/due.h"
#include "registry/errors.h"
#include "registry/model/mutation.h"
#include "registry/query/query.h"
#include "registry/schema/validate.h"

namespace cloudmap::registry {

using Attributes = std::map<std::string, std::string>;

// "OK", or the error as clients see it: "InvalidInput: text".
inline std::string Describe(const absl::Status& status) {
  if (status.ok()) {
    return "OK";
  }
  const v1::ErrorDetail detail = DetailOf(status);
  return absl::StrCat(detail.type(), ": ", detail.message());
}

inline std::string TypeOf(const absl::Status& status) {
  return status.ok() ? "OK" : DetailOf(status).type();
}

template <typename Message>
Message FromText(absl::string_view text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text), &message)) << text;
  return message;
}

// The text of a map field.
inline std::string MapText(absl::string_view field, const Attributes& map) {
  std::string text;
  for (const auto& [key, value] : map) {
    absl::StrAppend(&text, " ", field, " { key: '", key, "' value: '", value, "' }");
  }
  return text;
}

class RulesTest : public ::testing::Test {
 protected:
  using MessagePtr = std::unique_ptr<google::protobuf::Message>;
  template <typename Request>
  using Write = absl::StatusOr<Decision> (*)(const State&, const CommandContext&, const Request&);
  template <typename Request, typename Response>
  using Query = absl::StatusOr<Response> (*)(const State&, const QueryContext&, const Request&);

  // Validates, decides and applies, as a server does.
  template <typename Request>
  absl::StatusOr<MessagePtr> Submit(Write<Request> decide, absl::string_view text) {
    const auto request = FromText<Request>(text);
    Violations violations;
    Validate(request, violations);
    if (!violations.empty()) {
      return violations.ToStatus();
    }
    return ApplyDecision(decide(state, NextContext(), request));
  }

  // Submits and describes how it ended: "OK", or the error as clients see it.
  template <typename Request>
  std::string Try(Write<Request> decide, absl::string_view text) {
    return Describe(Submit(decide, text).status());
  }
  template <typename Request>
  std::string TryType(Write<Request> decide, absl::string_view text) {
    return TypeOf(Submit(decide, text).status());
  }

  // Starts an asynchronous operation, which must be accepted; its id.
  template <typename Request>
  std::string Start(Write<Request> decide, absl::string_view text) {
    auto response = Submit(decide, text);
    EXPECT_TRUE(response.ok()) << text << "\n" << Describe(response.status());
    if (!response.ok()) {
      return "";
    }
    const auto* field = (*response)->GetDescriptor()->FindFieldByName("operation_id");
    return (*response)->GetReflection()->GetString(**response, field);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> TryRead(Query<Request, Response> query, absl::string_view text) {
    const auto request = FromText<Request>(text);
    Violations violations;
    Validate(request, violations);
    if (!violations.empty()) {
      return violations.ToStatus();
    }
    return query(state, {options, NextEntropy()}, request);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> TryRead(Query<Request, Wire<Response>> query, absl::string_view text) {
    const auto wire = TryRead<Request, Wire<Response>>(query, text);
    if (!wire.ok()) {
      return wire.status();
    }
    Response response;
    EXPECT_TRUE(response.ParseFromString(wire->bytes)) << text;
    return response;
  }

  // A read that must succeed.
  template <typename Request, typename Response>
  Response Read(Query<Request, Wire<Response>> query, absl::string_view text) {
    auto response = TryRead<Request, Response>(query, text);
    EXPECT_TRUE(response.ok()) << text << "\n" << Describe(response.status());
    return response.ok() ? *std::move(response) : Response();
  }
  template <typename Request, typename Response>
  Response Read(Query<Request, Response> query, absl::string_view text) {
    auto response = TryRead(query, text);
    EXPECT_TRUE(response.ok()) << text << "\n" << Describe(response.status());
    return response.ok() ? *std::move(response) : Response();
  }

  // Carries out a PENDING operation.
  void Complete(absl::string_view operation_id) {
    EXPECT_TRUE(ApplyDecision(CompleteOperation(state, NextContext(), operation_id)).ok());
  }

  absl::StatusOr<MessagePtr> ApplyDecision(absl::StatusOr<Decision> decision) {
    if (!decision.ok()) {
      return decision.status();
    }
    const std::vector<Change> changes = std::move(decision->mutation).TakeChanges();
    if (!changes.empty()) {
      state = Apply(state, changes, state.revision() + 1);
    }
    return std::move(decision->response);
  }

  CommandContext NextContext() {
    CommandContext context;
    context.now = now;
    context.revision = state.revision() + 1;
    context.entropy[0] = NextEntropy();
    context.entropy[1] = NextEntropy();
    context.options = &options;
    return context;
  }

  // Conveniences: what is made must be accepted.

  std::string NamespaceOf(absl::string_view operation_id) {
    return GetOperation(operation_id).targets().at("NAMESPACE");
  }
  std::string HttpNamespace(absl::string_view name) {
    return NamespaceOf(Start(CreateHttpNamespace, absl::StrCat("name: '", name, "'")));
  }
  std::string PrivateNamespace(absl::string_view name, absl::string_view vpc = "vpc-1") {
    return NamespaceOf(
        Start(CreatePrivateDnsNamespace, absl::StrCat("name: '", name, "' vpc: '", vpc, "'")));
  }
  std::string PublicNamespace(absl::string_view name) {
    return NamespaceOf(Start(CreatePublicDnsNamespace, absl::StrCat("name: '", name, "'")));
  }
  // `rest`: further fields of the request.
  v1::Service Service(absl::string_view namespace_id, absl::string_view name,
                      absl::string_view rest = "") {
    auto response = Submit(CreateService, absl::StrCat("name: '", name, "' namespace_id: '",
                                                       namespace_id, "' ", rest));
    EXPECT_TRUE(response.ok()) << Describe(response.status());
    return response.ok() ? static_cast<const v1::CreateServiceResponse&>(**response).service()
                         : v1::Service();
  }
  static std::string Registration(absl::string_view service_id, absl::string_view instance_id,
                                  const Attributes& attributes) {
    return absl::StrCat("service_id: '", service_id, "' instance_id: '", instance_id, "'",
                        MapText("attributes", attributes));
  }
  std::string Register(absl::string_view service_id, absl::string_view instance_id,
                       const Attributes& attributes = {}) {
    return Start(RegisterInstance, Registration(service_id, instance_id, attributes));
  }
  std::string TryRegister(absl::string_view service_id, const Attributes& attributes) {
    return Try(RegisterInstance, Registration(service_id, "i-1", attributes));
  }
  static std::string Instance(absl::string_view service_id, absl::string_view instance_id) {
    return absl::StrCat("service_id: '", service_id, "' instance_id: '", instance_id, "'");
  }
  void SetHealth(absl::string_view service_id, absl::string_view instance_id,
                 absl::string_view status) {
    EXPECT_EQ(Try(UpdateInstanceCustomHealthStatus,
                  absl::StrCat(Instance(service_id, instance_id), " status: CUSTOM_HEALTH_STATUS_",
                               status)),
              "OK");
  }

  v1::Operation GetOperation(absl::string_view id) {
    return Read(registry::GetOperation, absl::StrCat("operation_id: '", id, "'")).operation();
  }
  v1::Namespace GetNamespace(absl::string_view id) {
    return Read(registry::GetNamespace, absl::StrCat("id: '", id, "'")).namespace_();
  }
  v1::Service GetService(absl::string_view id) {
    return Read(registry::GetService, absl::StrCat("id: '", id, "'")).service();
  }
  v1::DiscoverInstancesResponse Discover(absl::string_view namespace_name,
                                         absl::string_view service_name,
                                         absl::string_view rest = "") {
    return Read(DiscoverInstances, absl::StrCat("namespace_name: '", namespace_name,
                                                "' service_name: '", service_name, "' ", rest));
  }
  // The ids that Discover finds.
  std::set<std::string> Found(absl::string_view namespace_name, absl::string_view service_name,
                              absl::string_view rest = "") {
    std::set<std::string> ids;
    const v1::DiscoverInstancesResponse response = Discover(namespace_name, service_name, rest);
    for (const auto& instance : response.instances()) {
      ids.insert(instance.instance_id());
    }
    return ids;
  }
  int64_t Revision(absl::string_view namespace_name, absl::string_view service_name) {
    return Read(DiscoverInstancesRevision, absl::StrCat("namespace_name: '", namespace_name,
                                                        "' service_name: '", service_name, "'"))
        .instances_revision();
  }

  State state;
  RegistryOptions options;
  absl::Time now = absl::FromUnixMillis(1'587'055'860'121);

 private:
  uint64_t NextEntropy() {
    return entropy_ = entropy_ * 6364136223846793005U + 1442695040888963407U;
  }

  uint64_t entropy_ = 1;
};

}  // namespace cloudmap::registry

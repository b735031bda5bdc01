#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/decide/decide.h"
#include "registry/decide/effects.h"
#include "registry/decide/locks.h"
#include "registry/decide/operation.h"
#include "registry/decide/tags.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/ids.h"
#include "registry/model/lookup.h"
#include "registry/model/names.h"

namespace cloudmap::registry {
namespace {

// The parts of a creation that all three requests have.
struct Creation {
  v1::NamespaceType type = v1::NAMESPACE_TYPE_UNSPECIFIED;
  absl::string_view method;
  std::string name;
  std::string vpc;
  std::string token;
  const google::protobuf::RepeatedPtrField<v1::Tag>* tags = nullptr;
  const google::protobuf::Message* request = nullptr;
};

absl::string_view CreateMethod(v1::NamespaceType type) {
  switch (type) {
    case v1::NAMESPACE_TYPE_DNS_PRIVATE:
      return "CreatePrivateDnsNamespace";
    case v1::NAMESPACE_TYPE_DNS_PUBLIC:
      return "CreatePublicDnsNamespace";
    default:
      return "CreateHttpNamespace";
  }
}

absl::Status AlreadyExists(const NamespaceRecord& existing) {
  return MakeError(
      v1::ERROR_CODE_NAMESPACE_ALREADY_EXISTS,
      absl::StrCat("Another operation of type ", CreateMethod(existing.type()), " and id ",
                   existing.create_operation_id(), " has completed"),
      {{"CreatorRequestId", existing.creator_request_id()}, {"NamespaceId", existing.id()}});
}

// The namespace that `creation` cannot stand beside: one of the same name and type, and for private
// ones also the same VPC.
const NamespaceRecord* FindConflict(const State& state, v1::NamespaceType type,
                                    absl::string_view name, absl::string_view vpc) {
  const NamespaceIds* ids = IsDnsNamespace(type) ? state.FindDnsNamespacesByName(name)
                                                 : state.FindHttpNamespacesByName(name);
  if (ids == nullptr) {
    return nullptr;
  }
  for (const std::string& id : *ids) {
    const NamespaceRecord& other = *state.FindNamespace(id)->record;
    if (other.type() == type && other.vpc() == vpc) {
      return &other;
    }
  }
  return nullptr;
}

// The operation of an earlier try of the same creation: it holds the lock, or it made the namespace
// that has the name. nullptr when there is none. A CreatorRequestId belongs to its name: with
// another name (or, for private namespaces, VPC) it is another request.
const PackedOperation* FindReplay(const State& state, const Creation& creation,
                                  absl::string_view lock) {
  if (creation.token.empty()) {
    return nullptr;
  }
  const PackedOperation* earlier = state.FindOperationByLock(lock);
  if (earlier == nullptr) {
    const auto* made = FindConflict(state, creation.type, creation.name, creation.vpc);
    earlier = made == nullptr ? nullptr : state.FindOperation(made->create_operation_id());
  }
  const bool same = earlier != nullptr && earlier->request_token() == creation.token &&
                    earlier->request_fingerprint() == Fingerprint(*creation.request);
  return same ? earlier : nullptr;
}

// Namespaces, and those under way.
size_t CountWithPending(const State& state) {
  size_t count = state.namespaces().size();
  ForEachPending(state, [&count](const PackedOperation& operation) {
    count += operation.type() == v1::OPERATION_TYPE_CREATE_NAMESPACE ? 1 : 0;
  });
  return count;
}

absl::Status CheckCreation(const State& state, const CommandContext& context,
                           const Creation& creation, absl::string_view lock) {
  if (IsDnsNamespace(creation.type) && !IsDnsName(creation.name)) {
    return InvalidInput(absl::StrCat(
        "Name '", creation.name,
        "' is not a DNS name: labels have 1 to 63 characters and a name at most 253."));
  }
  RETURN_IF_ERROR(MergeTags({}, *creation.tags, creation.name).status());
  if (context.options->aws_quotas && CountWithPending(state) >= kNamespacesQuota) {
    return MakeError(v1::ERROR_CODE_RESOURCE_LIMIT_EXCEEDED,
                     absl::StrCat("The limit of ", kNamespacesQuota,
                                  " namespaces per region has been reached."));
  }
  RETURN_IF_ERROR(CheckLock(state, lock));
  // A private one fails later, as an operation: on AWS it is Route 53 that refuses.
  if (creation.type != v1::NAMESPACE_TYPE_DNS_PRIVATE) {
    if (const auto* other = FindConflict(state, creation.type, creation.name, creation.vpc)) {
      return AlreadyExists(*other);
    }
  }
  return absl::OkStatus();
}

template <typename Response>
absl::StatusOr<Decision> Create(const State& state, const CommandContext& context,
                                const Creation& creation) {
  const std::string lock = CreateNamespaceLock(creation.type, creation.vpc, creation.name);
  if (const PackedOperation* replayed = FindReplay(state, creation, lock)) {
    return AnswerWithOperation<Response>(replayed->id());
  }
  RETURN_IF_ERROR(CheckCreation(state, context, creation, lock));
  const std::string namespace_id = NamespaceId(context.entropy);
  return StartOperation<Response>(state, context,
                                  {.method = creation.method,
                                   .targets = {.namespace_id = namespace_id},
                                   .lock = lock,
                                   .token = creation.token,
                                   .request = *creation.request});
}

template <typename Request>
Creation CreationOf(v1::NamespaceType type, const Request& request) {
  Creation creation;
  creation.type = type;
  creation.method = CreateMethod(type);
  creation.name = request.name();
  creation.token = request.creator_request_id();
  creation.tags = &request.tags();
  creation.request = &request;
  return creation;
}

// The parts of a new namespace that all three requests have.
template <typename Request>
void FillFrom(const Request& request, NamespaceRecord& record) {
  record.set_name(request.name());
  if (!request.description().empty()) {
    record.set_description(request.description());
  }
  record.set_creator_request_id(request.creator_request_id());
  for (const v1::Tag& tag : request.tags()) {
    (*record.mutable_tags())[tag.key()] = tag.value();
  }
}

void FillFromAny(const google::protobuf::Message& request, NamespaceRecord& record) {
  if (const auto* http = dynamic_cast<const v1::CreateHttpNamespaceRequest*>(&request)) {
    record.set_type(v1::NAMESPACE_TYPE_HTTP);
    FillFrom(*http, record);
  } else if (const auto* pub = dynamic_cast<const v1::CreatePublicDnsNamespaceRequest*>(&request)) {
    record.set_type(v1::NAMESPACE_TYPE_DNS_PUBLIC);
    FillFrom(*pub, record);
    if (pub->has_properties()) {
      record.set_soa_ttl_seconds(pub->properties().dns_properties().soa().ttl());
    }
  } else {
    const auto& priv = dynamic_cast<const v1::CreatePrivateDnsNamespaceRequest&>(request);
    record.set_type(v1::NAMESPACE_TYPE_DNS_PRIVATE);
    FillFrom(priv, record);
    record.set_vpc(priv.vpc());
    if (priv.has_properties()) {
      record.set_soa_ttl_seconds(priv.properties().dns_properties().soa().ttl());
    }
  }
}

template <typename Response, typename Request>
absl::StatusOr<Decision> Update(const State& state, const CommandContext& context,
                                v1::NamespaceType type, absl::string_view method,
                                const Request& request) {
  ASSIGN_OR_RETURN(const NamespaceEntry* entry,
                   LookUpNamespace(state, *context.options, request.id()));
  const NamespaceRecord& record = *entry->record;
  if (record.type() != type) {
    return InvalidInput(absl::StrCat("Id names a namespace of type ",
                                     v1::NamespaceType_Name(record.type()).substr(15), ", which ",
                                     method, " does not change."));
  }
  const std::string& token = request.updater_request_id();
  if (!token.empty()) {
    const PackedOperation* earlier =
        state.FindOperationByRequest(RequestKey(method, record.id(), token));
    if (earlier != nullptr && earlier->request_fingerprint() == Fingerprint(request)) {
      return AnswerWithOperation<Response>(earlier->id());
    }
    if (earlier != nullptr) {
      return MakeError(v1::ERROR_CODE_DUPLICATE_REQUEST,
                       absl::StrCat("UpdaterRequestId '", token, "' was used for operation ",
                                    earlier->id(), " with other parameters; use a new one."),
                       {{"DuplicateOperationId", std::string(earlier->id())}});
    }
  }
  const std::string lock = NamespaceLock(record.id());
  RETURN_IF_ERROR(CheckLock(state, lock));
  return StartOperation<Response>(state, context,
                                  {.method = method,
                                   .targets = {.namespace_id = record.id()},
                                   .lock = lock,
                                   .token = token,
                                   .request = request});
}

void SetDescription(const std::string& description, NamespaceRecord& record) {
  if (description.empty()) {
    record.clear_description();
  } else {
    record.set_description(description);
  }
}

template <typename NamespaceChange>
void ApplyDnsChange(const NamespaceChange& change, NamespaceRecord& record) {
  if (change.has_description()) {
    SetDescription(change.description(), record);
  }
  if (change.has_properties()) {
    record.set_soa_ttl_seconds(change.properties().dns_properties().soa().ttl());
  }
}

}  // namespace

absl::StatusOr<Decision> CreateHttpNamespace(const State& state, const CommandContext& context,
                                             const v1::CreateHttpNamespaceRequest& request) {
  return Create<v1::CreateHttpNamespaceResponse>(state, context,
                                                 CreationOf(v1::NAMESPACE_TYPE_HTTP, request));
}

absl::StatusOr<Decision> CreatePrivateDnsNamespace(
    const State& state, const CommandContext& context,
    const v1::CreatePrivateDnsNamespaceRequest& request) {
  // AWS drops the trailing dot of the name. It is dropped before anything looks at the request, so
  // that a retry is known as one with the dot and without it.
  v1::CreatePrivateDnsNamespaceRequest undotted = request;
  if (IsDnsName(request.name())) {
    undotted.set_name(std::string(WithoutTrailingDot(request.name())));
  }
  Creation creation = CreationOf(v1::NAMESPACE_TYPE_DNS_PRIVATE, undotted);
  creation.vpc = undotted.vpc();
  return Create<v1::CreatePrivateDnsNamespaceResponse>(state, context, creation);
}

absl::StatusOr<Decision> CreatePublicDnsNamespace(
    const State& state, const CommandContext& context,
    const v1::CreatePublicDnsNamespaceRequest& request) {
  return Create<v1::CreatePublicDnsNamespaceResponse>(
      state, context, CreationOf(v1::NAMESPACE_TYPE_DNS_PUBLIC, request));
}

EffectResult CreateNamespaceEffect(const State& state, const CommandContext& context,
                                   const OperationFields& operation,
                                   const google::protobuf::Message& request, Mutation& mutation) {
  NamespaceRecord record;
  FillFromAny(request, record);
  record.set_id(std::string(operation.namespace_id));
  record.set_create_operation_id(std::string(operation.id));
  if (record.creator_request_id().empty()) {
    record.set_creator_request_id(std::string(operation.id));
  }
  record.set_create_ms(absl::ToUnixMillis(context.now));
  if (const auto* other = FindConflict(state, record.type(), record.name(), record.vpc())) {
    return {"CANNOT_CREATE_HOSTED_ZONE",
            absl::StrCat("The VPC that you chose, ", record.vpc(), " in region ",
                         context.options->region,
                         ", is already associated with another private hosted zone that has an "
                         "overlapping name space, ",
                         other->name(),
                         ".. (Service: AmazonRoute53; Status Code: 400; Error Code: "
                         "ConflictingDomainExists; Request ID: ",
                         operation.id, ")")};
  }
  record.set_http_name(record.name());
  if (state.FindNamespaceByHttpName(record.http_name()) != nullptr) {
    record.set_http_name(absl::StrCat(record.name(), "-", HttpNameSuffix(record.id())));
  }
  if (IsDnsNamespace(record.type())) {
    record.set_hosted_zone_id(HostedZoneId(record.id()));
  }
  mutation.Put(std::move(record));
  return {};
}

absl::StatusOr<Decision> UpdateHttpNamespace(const State& state, const CommandContext& context,
                                             const v1::UpdateHttpNamespaceRequest& request) {
  return Update<v1::UpdateHttpNamespaceResponse>(state, context, v1::NAMESPACE_TYPE_HTTP,
                                                 "UpdateHttpNamespace", request);
}

absl::StatusOr<Decision> UpdatePrivateDnsNamespace(
    const State& state, const CommandContext& context,
    const v1::UpdatePrivateDnsNamespaceRequest& request) {
  return Update<v1::UpdatePrivateDnsNamespaceResponse>(
      state, context, v1::NAMESPACE_TYPE_DNS_PRIVATE, "UpdatePrivateDnsNamespace", request);
}

absl::StatusOr<Decision> UpdatePublicDnsNamespace(
    const State& state, const CommandContext& context,
    const v1::UpdatePublicDnsNamespaceRequest& request) {
  return Update<v1::UpdatePublicDnsNamespaceResponse>(state, context, v1::NAMESPACE_TYPE_DNS_PUBLIC,
                                                      "UpdatePublicDnsNamespace", request);
}

EffectResult UpdateNamespaceEffect(const State& state, const CommandContext&,
                                   const OperationFields& operation,
                                   const google::protobuf::Message& request, Mutation& mutation) {
  const NamespaceEntry* entry = state.FindNamespace(operation.namespace_id);
  if (entry == nullptr) {
    return {"HOSTED_ZONE_NOT_FOUND", "The namespace was deleted before the update took effect."};
  }
  NamespaceRecord record = *entry->record;
  if (const auto* http = dynamic_cast<const v1::UpdateHttpNamespaceRequest*>(&request)) {
    SetDescription(http->namespace_().description(), record);
  } else if (const auto* pub = dynamic_cast<const v1::UpdatePublicDnsNamespaceRequest*>(&request)) {
    ApplyDnsChange(pub->namespace_(), record);
  } else {
    ApplyDnsChange(dynamic_cast<const v1::UpdatePrivateDnsNamespaceRequest&>(request).namespace_(),
                   record);
  }
  mutation.Put(std::move(record));
  return {};
}

absl::StatusOr<Decision> DeleteNamespace(const State& state, const CommandContext& context,
                                         const v1::DeleteNamespaceRequest& request) {
  ASSIGN_OR_RETURN(const NamespaceEntry* entry,
                   LookUpNamespace(state, *context.options, request.id()));
  const std::string& id = entry->record->id();
  if (!entry->services.empty()) {
    return MakeError(v1::ERROR_CODE_RESOURCE_IN_USE,
                     "Namespace has associated services; delete the services before deleting the "
                     "namespace");
  }
  const std::string lock = NamespaceLock(id);
  RETURN_IF_ERROR(CheckLock(state, lock));
  return StartOperation<v1::DeleteNamespaceResponse>(state, context,
                                                     {.method = "DeleteNamespace",
                                                      .targets = {.namespace_id = id},
                                                      .lock = lock,
                                                      .request = request});
}

EffectResult DeleteNamespaceEffect(const State& state, const CommandContext&,
                                   const OperationFields& operation,
                                   const google::protobuf::Message&, Mutation& mutation) {
  const NamespaceEntry* entry = state.FindNamespace(operation.namespace_id);
  if (entry != nullptr && !entry->services.empty()) {
    return {"INTERNAL_FAILURE", "A service was created before the deletion took effect."};
  }
  mutation.Delete({RecordKind::kNamespace, std::string(operation.namespace_id), ""});
  return {};
}

}  // namespace cloudmap::registry

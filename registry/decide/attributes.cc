// Service attributes and tags: what hangs on a namespace or service without changing what it does.
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/decide/decide.h"
#include "registry/decide/tags.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/lookup.h"

namespace cloudmap::registry {
namespace {

// Applies `change(StringMap&) -> absl::Status` to the tags of the resource that `arn` names.
template <typename Response, typename ChangeTags>
absl::StatusOr<Decision> ChangeTagsOf(const State& state, const CommandContext& context,
                                      absl::string_view arn, const ChangeTags& change) {
  Decision decision;
  decision.response = std::make_unique<Response>();
  const auto apply = [&](auto record) -> absl::Status {
    RETURN_IF_ERROR(change(*record.mutable_tags()));
    decision.mutation.Put(std::move(record));
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const Tagged tagged, LookUpTagged(state, *context.options, arn));
  RETURN_IF_ERROR(tagged.service != nullptr ? apply(*tagged.service->record)
                                            : apply(*tagged.in->record));
  return decision;
}

}  // namespace

absl::StatusOr<Decision> UpdateServiceAttributes(
    const State& state, const CommandContext& context,
    const v1::UpdateServiceAttributesRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, *context.options, request.service_id()));
  ServiceRecord record = *service->record;
  for (const auto& [key, value] : request.attributes()) {
    (*record.mutable_attributes())[key] = value;
  }
  if (record.attributes().size() > kServiceAttributesMax) {
    return MakeError(
        v1::ERROR_CODE_SERVICE_ATTRIBUTES_LIMIT_EXCEEDED,
        absl::StrCat("A service can have at most ", kServiceAttributesMax, " attributes; ",
                     record.id(), " would have ", record.attributes().size(), "."));
  }
  Decision decision;
  decision.mutation.Put(std::move(record));
  decision.response = std::make_unique<v1::UpdateServiceAttributesResponse>();
  return decision;
}

absl::StatusOr<Decision> DeleteServiceAttributes(
    const State& state, const CommandContext& context,
    const v1::DeleteServiceAttributesRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, *context.options, request.service_id()));
  ServiceRecord record = *service->record;
  for (const std::string& key : request.attributes()) {
    record.mutable_attributes()->erase(key);
  }
  Decision decision;
  decision.mutation.Put(std::move(record));
  decision.response = std::make_unique<v1::DeleteServiceAttributesResponse>();
  return decision;
}

absl::StatusOr<Decision> TagResource(const State& state, const CommandContext& context,
                                     const v1::TagResourceRequest& request) {
  return ChangeTagsOf<v1::TagResourceResponse>(
      state, context, request.resource_arn(), [&request](StringMap& tags) -> absl::Status {
        ASSIGN_OR_RETURN(tags, MergeTags(tags, request.tags(), request.resource_arn()));
        return absl::OkStatus();
      });
}

absl::StatusOr<Decision> UntagResource(const State& state, const CommandContext& context,
                                       const v1::UntagResourceRequest& request) {
  return ChangeTagsOf<v1::UntagResourceResponse>(
      state, context, request.resource_arn(), [&request](StringMap& tags) {
        for (const std::string& key : request.tag_keys()) {
          tags.erase(key);
        }
        return absl::OkStatus();
      });
}

}  // namespace cloudmap::registry

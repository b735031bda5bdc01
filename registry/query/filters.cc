#include "registry/query/filters.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/model/ids.h"
#include "registry/model/names.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::registry {
namespace {

template <typename Filter>
v1::FilterCondition ConditionOf(const Filter& filter) {
  return filter.has_condition() ? filter.condition() : v1::FILTER_CONDITION_EQ;
}

template <typename Filter>
std::string NameOf(const Filter& filter) {
  const auto* type = Filter::descriptor()->FindFieldByName("name")->enum_type();
  return std::string(EnumName(*type->FindValueByNumber(filter.name())));
}

// `allowed`: the conditions that this filter's name takes.
template <typename Filter>
absl::Status CheckCondition(const Filter& filter,
                            std::initializer_list<v1::FilterCondition> allowed) {
  const v1::FilterCondition condition = ConditionOf(filter);
  const std::string condition_name(
      EnumName(*v1::FilterCondition_descriptor()->FindValueByNumber(condition)));
  if (std::find(allowed.begin(), allowed.end(), condition) == allowed.end()) {
    return InvalidInput(
        absl::StrCat("Filter ", NameOf(filter), " does not take condition ", condition_name, "."));
  }
  const int expected = condition == v1::FILTER_CONDITION_BETWEEN ? 2
                       : condition == v1::FILTER_CONDITION_IN    ? 0
                                                                 : 1;
  if (filter.values().empty() || (expected != 0 && filter.values_size() != expected)) {
    return InvalidInput(absl::StrCat("Filter ", NameOf(filter), " with condition ", condition_name,
                                     " takes ",
                                     expected == 0   ? "at least one"
                                     : expected == 1 ? "exactly one"
                                                     : "exactly two",
                                     " of Values."));
  }
  return absl::OkStatus();
}

template <typename Filter>
absl::Status CheckOwner(const Filter& filter) {
  RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_EQ}));
  if (filter.values(0) != "SELF" && filter.values(0) != "OTHER_ACCOUNTS") {
    return InvalidInput(absl::StrCat("Filter RESOURCE_OWNER takes SELF or OTHER_ACCOUNTS, not '",
                                     filter.values(0), "'."));
  }
  return absl::OkStatus();
}

// The enum values that the filter's Values name.
template <typename Enum, typename Filter>
absl::StatusOr<std::vector<Enum>> EnumValues(const Filter& filter,
                                             const google::protobuf::EnumDescriptor& type) {
  std::vector<Enum> values;
  for (const std::string& name : filter.values()) {
    const auto* value = FindEnumValue(type, name);
    if (value == nullptr) {
      return InvalidInput(
          absl::StrCat("Filter ", NameOf(filter), " does not take value '", name, "'."));
    }
    values.push_back(static_cast<Enum>(value->number()));
  }
  return values;
}

bool TextMatches(const v1::NamespaceFilter& filter, absl::string_view text) {
  return ConditionOf(filter) == v1::FILTER_CONDITION_BEGINS_WITH
             ? absl::StartsWith(text, filter.values(0))
             : text == filter.values(0);
}

// A DNS name is kept without its trailing dot, and asked for with it all the same. A prefix is no
// name: "a." is the beginning of "a.b", not of "a".
bool NameMatches(const v1::NamespaceFilter& filter, v1::NamespaceType type,
                 absl::string_view name) {
  return TextMatches(filter, name) ||
         (ConditionOf(filter) == v1::FILTER_CONDITION_EQ && IsDnsNamespace(type) &&
          WithoutTrailingDot(filter.values(0)) == name);
}

absl::StatusOr<int64_t> ParseTime(const std::string& text) {
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !std::isfinite(seconds) || seconds < 0 ||
      seconds > 1e12) {
    return InvalidInput(
        absl::StrCat("Filter UPDATE_DATE takes Unix times in seconds, not '", text, "'."));
  }
  // 1587055860.121 * 1000 is a little less than the millisecond it means.
  return std::llround(seconds * 1000);
}

}  // namespace

absl::StatusOr<NamespaceFilter> NamespaceFilter::Parse(
    const google::protobuf::RepeatedPtrField<v1::NamespaceFilter>& filters) {
  for (const v1::NamespaceFilter& filter : filters) {
    if (filter.name() == v1::NAMESPACE_FILTER_NAME_RESOURCE_OWNER) {
      RETURN_IF_ERROR(CheckOwner(filter));
      continue;
    }
    RETURN_IF_ERROR(
        CheckCondition(filter, {v1::FILTER_CONDITION_EQ, v1::FILTER_CONDITION_BEGINS_WITH}));
    if (filter.name() == v1::NAMESPACE_FILTER_NAME_TYPE &&
        ConditionOf(filter) == v1::FILTER_CONDITION_EQ) {
      RETURN_IF_ERROR(
          EnumValues<v1::NamespaceType>(filter, *v1::NamespaceType_descriptor()).status());
    }
  }
  NamespaceFilter parsed;
  parsed.filters_ = filters;
  return parsed;
}

bool NamespaceFilter::Accepts(const NamespaceRecord& record) const {
  return std::all_of(filters_.begin(), filters_.end(), [&record](const auto& filter) {
    switch (filter.name()) {
      case v1::NAMESPACE_FILTER_NAME_TYPE:
        return TextMatches(
            filter, EnumName(*v1::NamespaceType_descriptor()->FindValueByNumber(record.type())));
      case v1::NAMESPACE_FILTER_NAME_NAME:
        return NameMatches(filter, record.type(), record.name());
      case v1::NAMESPACE_FILTER_NAME_HTTP_NAME:
        return NameMatches(filter, record.type(), record.http_name());
      default:
        return filter.values(0) == "SELF";  // one server is one account
    }
  });
}

absl::StatusOr<ServiceFilter> ServiceFilter::Parse(
    const RegistryOptions& options,
    const google::protobuf::RepeatedPtrField<v1::ServiceFilter>& filters) {
  ServiceFilter parsed;
  for (const v1::ServiceFilter& filter : filters) {
    if (filter.name() == v1::SERVICE_FILTER_NAME_RESOURCE_OWNER) {
      RETURN_IF_ERROR(CheckOwner(filter));
      parsed.none_ = parsed.none_ || filter.values(0) != "SELF";
      continue;
    }
    RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_EQ}));
    const absl::string_view id = ResolveId(options, "namespace", filter.values(0));
    parsed.none_ = parsed.none_ || (parsed.namespace_id_.has_value() && parsed.namespace_id_ != id);
    parsed.namespace_id_ = std::string(id);
  }
  return parsed;
}

absl::StatusOr<OperationFilter> OperationFilter::Parse(
    const google::protobuf::RepeatedPtrField<v1::OperationFilter>& filters) {
  OperationFilter parsed;
  for (const v1::OperationFilter& filter : filters) {
    switch (filter.name()) {
      case v1::OPERATION_FILTER_NAME_NAMESPACE_ID:
        RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_EQ}));
        parsed.namespace_ids_.push_back(filter.values(0));
        break;
      case v1::OPERATION_FILTER_NAME_SERVICE_ID:
        RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_EQ}));
        parsed.service_ids_.push_back(filter.values(0));
        break;
      case v1::OPERATION_FILTER_NAME_STATUS: {
        RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_EQ, v1::FILTER_CONDITION_IN}));
        ASSIGN_OR_RETURN(auto values, EnumValues<v1::OperationStatus>(
                                          filter, *v1::OperationStatus_descriptor()));
        parsed.statuses_.push_back(std::move(values));
        break;
      }
      case v1::OPERATION_FILTER_NAME_TYPE: {
        RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_EQ, v1::FILTER_CONDITION_IN}));
        ASSIGN_OR_RETURN(auto values,
                         EnumValues<v1::OperationType>(filter, *v1::OperationType_descriptor()));
        parsed.types_.push_back(std::move(values));
        break;
      }
      default: {
        RETURN_IF_ERROR(CheckCondition(filter, {v1::FILTER_CONDITION_BETWEEN}));
        Between between{};
        ASSIGN_OR_RETURN(between.first_ms, ParseTime(filter.values(0)));
        ASSIGN_OR_RETURN(between.last_ms, ParseTime(filter.values(1)));
        if (between.first_ms > between.last_ms) {
          return InvalidInput("Filter UPDATE_DATE takes the start of the range before its end.");
        }
        parsed.updated_.push_back(between);
      }
    }
  }
  return parsed;
}

bool OperationFilter::Accepts(const PackedOperation& operation) const {
  const auto in = [](const auto& set, const auto& value) {
    return std::find(set.begin(), set.end(), value) != set.end();
  };
  const auto is = [](absl::string_view value) {
    return [value](const std::string& wanted) { return wanted == value; };
  };
  return std::all_of(namespace_ids_.begin(), namespace_ids_.end(), is(operation.namespace_id())) &&
         std::all_of(service_ids_.begin(), service_ids_.end(), is(operation.service_id())) &&
         std::all_of(statuses_.begin(), statuses_.end(),
                     [&](const auto& set) { return in(set, operation.status()); }) &&
         std::all_of(types_.begin(), types_.end(),
                     [&](const auto& set) { return in(set, operation.type()); }) &&
         std::all_of(updated_.begin(), updated_.end(), [&](const Between& between) {
           return operation.update_ms() >= between.first_ms &&
                  operation.update_ms() <= between.last_ms;
         });
}

}  // namespace cloudmap::registry

#include <algorithm>
#include <utility>
#include <vector>

#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/health.h"
#include "registry/model/lookup.h"
#include "registry/model/names.h"
#include "registry/query/instance_summary_wire.h"
#include "registry/query/query.h"

namespace cloudmap::registry {
namespace {

struct Candidate {
  const PackedInstance* instance = nullptr;
  v1::HealthStatus health = v1::HEALTH_STATUS_UNKNOWN;
};

struct Discovered {
  const NamespaceEntry* in = nullptr;
  const ServiceEntry* service = nullptr;
};

// The oldest DNS namespace that is called `name` and whose HttpName is `http_name` without regard
// to case and a trailing dot; nullptr when there is none.
const NamespaceEntry* FindDnsNamespace(const State& state, absl::string_view name,
                                       absl::string_view http_name) {
  const NamespaceIds* ids = state.FindDnsNamespacesByName(name);
  if (ids == nullptr) {
    return nullptr;
  }
  for (const std::string& id : *ids) {
    const NamespaceEntry* entry = state.FindNamespace(id);
    if (CanonicalDnsName(entry->record->http_name()) == CanonicalDnsName(http_name)) {
      return entry;
    }
  }
  return nullptr;
}

// The namespace of an HttpName: the exact one, else a DNS namespace without regard to case.
const NamespaceEntry* FindNamespace(const State& state, absl::string_view http_name) {
  const NamespaceEntry* found = state.FindNamespaceByHttpName(http_name);
  if (found == nullptr) {
    found = FindDnsNamespace(state, http_name, http_name);
  }
  if (found == nullptr && http_name.size() > kHttpNameSuffixChars) {
    // "-" and the suffix of an HttpName whose plain form was taken.
    const absl::string_view name = http_name.substr(0, http_name.size() - kHttpNameSuffixChars);
    found = FindDnsNamespace(state, name, http_name);
  }
  return found;
}

// The namespace by its HttpName and the service in it, which is nullptr when there is none.
template <typename Request>
absl::StatusOr<Discovered> Find(const State& state, const QueryContext& context,
                                const Request& request) {
  Discovered found;
  if (!request.has_owner_account() || request.owner_account() == context.options.account_id) {
    found.in = FindNamespace(state, request.namespace_name());
  }
  if (found.in == nullptr) {
    return NamespaceNotFound(request.namespace_name());
  }
  found.service = state.FindServiceByName(*found.in, request.service_name());
  return found;
}

bool HasAll(const PackedInstance& instance, const StringMap& parameters) {
  return std::all_of(parameters.begin(), parameters.end(), [&instance](const auto& pair) {
    return instance.FindAttribute(pair.first) == pair.second;
  });
}

// Keeps the candidates that the health filter wants; it is ignored without a health check.
void FilterByHealth(const ServiceRecord& service, v1::HealthStatusFilter filter,
                    std::vector<Candidate>& candidates) {
  if (!HasHealthCheck(service) || filter == v1::HEALTH_STATUS_FILTER_ALL) {
    return;
  }
  const auto healthy = [](const Candidate& c) { return CountsAsHealthy(c.health); };
  if (filter == v1::HEALTH_STATUS_FILTER_UNHEALTHY) {
    std::erase_if(candidates, healthy);
    return;
  }
  if (filter == v1::HEALTH_STATUS_FILTER_HEALTHY_OR_ELSE_ALL &&
      std::none_of(candidates.begin(), candidates.end(), healthy)) {
    return;
  }
  std::erase_if(candidates, [&healthy](const Candidate& c) { return !healthy(c); });
}

// Narrows to those that also have the optional pairs, if there are any.
void PreferOptional(const StringMap& optional, std::vector<Candidate>& candidates) {
  const auto has = [&optional](const Candidate& c) { return HasAll(*c.instance, optional); };
  if (!optional.empty() && std::any_of(candidates.begin(), candidates.end(), has)) {
    std::erase_if(candidates, [&has](const Candidate& c) { return !has(c); });
  }
}

}  // namespace

absl::StatusOr<Wire<v1::DiscoverInstancesResponse>> DiscoverInstances(
    const State& state, const QueryContext& context, const v1::DiscoverInstancesRequest& request) {
  ASSIGN_OR_RETURN(const Discovered found, Find(state, context, request));
  Wire<v1::DiscoverInstancesResponse> response;
  if (found.service == nullptr) {
    // As recorded on AWS: no instances rather than an error. Every real revision is greater than 0.
    AppendInstancesRevision(0, response.bytes);
    return response;
  }
  const ServiceRecord& service = *found.service->record;
  std::vector<Candidate> candidates;
  candidates.reserve(found.service->instances.size());
  found.service->instances.ForEach([&](absl::string_view, const auto& instance) {
    if (HasAll(instance, request.query_parameters())) {
      candidates.push_back({&instance, HealthOf(service, instance)});
    }
  });
  const v1::HealthStatusFilter unasked = context.options.discover_all
                                             ? v1::HEALTH_STATUS_FILTER_ALL
                                             : v1::HEALTH_STATUS_FILTER_HEALTHY;
  FilterByHealth(service, request.has_health_status() ? request.health_status() : unasked,
                 candidates);
  PreferOptional(request.optional_parameters(), candidates);

  const auto wanted = static_cast<size_t>(request.has_max_results() ? request.max_results()
                                                                    : kDiscoverResultsDefault);
  const size_t count = std::min(wanted, candidates.size());
  FastRandom random(context.entropy);
  InstanceSummaryWriter writer(found.in->record->http_name(), service.name(), response.bytes);
  for (size_t i = 0; i < count; ++i) {
    // Fisher-Yates, as far as it is needed.
    const auto rest = static_cast<uint32_t>(candidates.size() - i);
    std::swap(candidates[i], candidates[i + random.Below(rest)]);
    writer.Append(*candidates[i].instance, candidates[i].health);
  }
  AppendInstancesRevision(found.service->instances_revision, response.bytes);
  return response;
}

absl::StatusOr<v1::DiscoverInstancesRevisionResponse> DiscoverInstancesRevision(
    const State& state, const QueryContext& context,
    const v1::DiscoverInstancesRevisionRequest& request) {
  ASSIGN_OR_RETURN(const Discovered found, Find(state, context, request));
  if (found.service == nullptr) {
    return ServiceNotFound(request.service_name());
  }
  v1::DiscoverInstancesRevisionResponse response;
  response.set_instances_revision(found.service->instances_revision);
  return response;
}

}  // namespace cloudmap::registry

// v1::HttpInstanceSummary in protobuf's wire format, straight from the records: DiscoverInstances
// answers with up to a thousand of them, and building messages takes several times as long as
// writing bytes.
//
//   std::string bytes;                                   // of a v1::DiscoverInstancesResponse
//   InstanceSummaryWriter writer(http_name, service_name, bytes);
//   writer.Append(instance, HealthOf(service, instance));
//   AppendInstancesRevision(revision, bytes);
//
// Fields stand in the order of their numbers, which the caller keeps by the order of its calls.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

// Writes the summaries of one service's instances as elements of DiscoverInstancesResponse.
class InstanceSummaryWriter {
 public:
  // `namespace_name` is the namespace's HttpName. `out` is appended to and must outlive the writer.
  InstanceSummaryWriter(absl::string_view namespace_name, absl::string_view service_name,
                        std::string& out);

  // Appends one summary: what a serialised message would hold, fields by number, attributes by key.
  void Append(const PackedInstance& instance, v1::HealthStatus health);

 private:
  std::string names_;  // the two fields that all summaries share, as bytes
  std::string& out_;
};

// Appends DiscoverInstancesResponse.instances_revision.
void AppendInstancesRevision(int64_t revision, std::string& out);

}  // namespace cloudmap::registry

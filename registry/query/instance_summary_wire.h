// v1::HttpInstanceSummary in protobuf's wire format, straight from the records: DiscoverInstances
// answers with up to a thousand of them, and building messages costs several times their bytes.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

// Writes the summaries of one service's instances as elements of DiscoverInstancesResponse.
class InstanceSummaryWriter {
 public:
  // `out` must outlive it.
  InstanceSummaryWriter(absl::string_view namespace_name, absl::string_view service_name,
                        std::string& out);

  // Appends what a serialised message would hold: fields by number, attributes by key.
  void Append(const PackedInstance& instance, v1::HealthStatus health);

 private:
  std::string names_;  // The fields that all summaries share.
  std::string& out_;
};

// Appends DiscoverInstancesResponse.instances_revision.
void AppendInstancesRevision(int64_t revision, std::string& out);

}  // namespace cloudmap::registry

// Verifies AWS Signature Version 4 in the Authorization header, with AWS's errors:
//   MissingAuthenticationTokenException  no Authorization header
//   IncompleteSignatureException         one that lacks parts or has them malformed
//   UnrecognizedClientException          an access key that is not in the credentials
//   InvalidSignatureException            wrong scope, time or signature
// The host that counts is the Host header as received, so names with "data-" before them verify.
// Session tokens are not checked; as signed headers they take part like any other. Thread-safe.
#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "registry/base/clock.h"
#include "server/aws/credentials.h"
#include "server/aws/signature.h"
#include "server/http/message.h"

namespace cloudmap::aws {

class SigV4Verifier {
 public:
  // Requests must be signed for this region and service. `clock` must outlive the verifier.
  SigV4Verifier(Credentials credentials, std::string region, std::string service,
                const Clock& clock);

  absl::Status Verify(const http::Request& request) const;

 private:
  struct DayKey {
    std::string date;
    SigningKey key;
  };

  // Deriving it costs four HMACs and its outcome changes once a day.
  SigningKey KeyOf(const std::string& access_key, const std::string& secret,
                   const Scope& scope) const;

  const Credentials credentials_;
  const std::string region_;
  const std::string service_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  // By access key; no more than there are credentials.
  mutable absl::flat_hash_map<std::string, DayKey> day_keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cloudmap::aws

// TLS of the server: certificate, key and the authorities of client certificates, read from files
// for every listener that speaks TLS and read again when they are renewed.
//
//   ASSIGN_OR_RETURN(tls, TlsCertificates::Load({.cert = "c.pem", .key = "k.pem", .client_ca =
//   ""})); const std::shared_ptr<const TlsIdentity> now = tls->Current();      // for one new
//   connection boost::asio::ssl::stream<Socket> stream(std::move(socket), *now->server_only);
//
// Connections keep what they began with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "boost/asio/ssl/context.hpp"

namespace cloudmap {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// PEM files, named as on the command line.
struct TlsFiles {
  std::string cert;  // the chain, the server's own certificate first
  std::string key;
  std::string client_ca;  // empty: clients are not asked for certificates
};

// What the files said when they were read. Immutable.
struct TlsIdentity {
  std::string cert;
  std::string key;
  std::string client_ca;

  // TLS 1.2 and 1.3. The API's listeners use `mutual`, which demands a certificate of one of the
  // authorities in `client_ca` if there are any; DNS uses `server_only`, since resolvers have none.
  TlsContext mutual;
  TlsContext server_only;
};

// Takes renewed files when Reload() is called (SIGHUP) and within a second by itself. Files that do
// not fit together, because one of them is not there yet, are tried again; what was in use stays
// meanwhile, and the log says so once. Thread-safe.
class TlsCertificates {
 public:
  // InvalidArgument names the option, the file and what is wrong with it; Unavailable when the
  // thread that watches the files cannot be had.
  static absl::StatusOr<std::unique_ptr<TlsCertificates>> Load(TlsFiles files);
  // Stops watching.
  ~TlsCertificates();

  // Never null. Cheap enough for each new connection, too dear for each request.
  std::shared_ptr<const TlsIdentity> Current() const;

  // Reads the files again, for connections from now on. On an error, which is as for Load(), what
  // was in use stays.
  absl::Status Reload();

 private:
  // Tells whether files were replaced or written: names, inodes, sizes and times of all three.
  using Stamp = std::string;

  explicit TlsCertificates(TlsFiles files);
  Stamp StampOfFiles() const;
  void Watch();

  const TlsFiles files_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const TlsIdentity> current_ ABSL_GUARDED_BY(mutex_);
  // Of the files that are in use, or of those that were found unusable and said so.
  Stamp settled_ ABSL_GUARDED_BY(mutex_);
  absl::Notification stop_;
  std::thread watcher_;
};

// True for the first byte that a client of TLS sends: a handshake record (RFC 8446 s5.1).
constexpr bool StartsTls(uint8_t first_byte) { return first_byte == 22; }

}  // namespace cloudmap

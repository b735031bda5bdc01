// Accepts connections for a gRPC server. It knows their sockets, so that answers of one moment that
// go to one connection can leave together: gRPC itself writes each to the socket as it is given,
// and each write wakes the client.
//
//   GrpcListener listener;
//   RETURN_IF_ERROR(listener.Listen("127.0.0.1:8054"));    // repeatable
//   listener.AddTo(builder, credentials);
//   server = builder.BuildAndStart();
//   listener.Start();
//   ...
//   {
//     const GrpcListener::Hold hold(listener, peers);   // of the calls that are answered now
//     ... answers ...
//   }                                                   // here they leave
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/io_context.hpp"
#include "grpcpp/grpcpp.h"
#include "server/net/acceptor.h"
#include "server/net/address.h"
#include "server/net/unique_fd.h"

namespace cloudmap::api {

class GrpcListener {
 public:
  GrpcListener() = default;
  ~GrpcListener() { Stop(); }

  // Errors name the option and are ListenTcp's. REQUIRES: not started.
  absl::Status Listen(const std::string& address);
  // REQUIRES: Listen() was OK; the server is not built yet.
  void AddTo(grpc::ServerBuilder& builder, std::shared_ptr<grpc::ServerCredentials> credentials);
  // REQUIRES: the server has been built. Accepts from now on.
  // Unavailable when the thread cannot be had.
  absl::Status Start();
  // Accepts no more; connections go on. Before the server goes. Idempotent.
  void Stop();
  // Ends the connections that are still open, whatever is under way on them.
  void CloseConnections();

  // Where it listens, "ip:port", in the order of Listen().
  const std::vector<std::string>& bound_addresses() const { return bound_; }

  // How many connections it remembers; some may be gone.
  size_t known_connections() const;

  // While it lives, what is written to connections that several of `peers` name is held back as
  // long as it fits a segment. Thread-safe; two at once may let things leave earlier.
  class Hold {
   public:
    // `peers`: ServerContext::peer(), once per call. Unknown ones are left alone.
    Hold(const GrpcListener& listener, const std::vector<std::string>& peers);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    size_t held_connections() const { return fds_.size(); }

   private:
    std::vector<int> fds_;
  };

 private:
  // Gives the connection to gRPC.
  void HandOver(UniqueFd connection, const SocketAddress& peer);
  void Remember(int fd, const SocketAddress& peer);

  std::unique_ptr<boost::asio::io_context> io_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::string> bound_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc_;
  std::thread thread_;

  mutable absl::Mutex mutex_;
  // Peer -> its socket. The sockets are gRPC's, which does not say when it closes one: an entry may
  // be out of date and its number another socket's. To hold that back for a moment does no harm.
  absl::flat_hash_map<std::string, int> sockets_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 64;  // entries
};

}  // namespace cloudmap::api

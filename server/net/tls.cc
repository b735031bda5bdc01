#include "server/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "spdlog/spdlog.h"

namespace cloudmap {
namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::buffer;
using boost::system::error_code;

// Half of what is promised, so that a second look fits in.
constexpr absl::Duration kLookEvery = absl::Milliseconds(400);

absl::Status FileError(const char* option, const std::string& file, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(option, " ", file, ": ", reason));
}

absl::StatusOr<std::string> ReadFile(const char* option, const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return FileError(option, file,
                     errno == 0 ? "is empty" : std::generic_category().message(errno));
  }
  return text.str();
}

// `asks`: for certificates of clients, if there are authorities for them.
absl::StatusOr<TlsContext> ContextOf(const TlsFiles& files, const TlsIdentity& identity,
                                     bool asks) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  error_code error;
  if (SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION) != 1) {
    return absl::InternalError("OpenSSL refuses TLS 1.2 as the lowest version");
  }
  context->use_certificate_chain(buffer(identity.cert), error);
  if (error) {
    return FileError("--tls-cert", files.cert, error.message());
  }
  context->use_private_key(buffer(identity.key), ssl::context::pem, error);
  if (error) {
    return FileError("--tls-key", files.key, error.message());
  }
  if (!asks || identity.client_ca.empty()) {
    return context;
  }
  context->add_certificate_authority(buffer(identity.client_ca), error);
  if (error) {
    return FileError("--tls-client-ca", files.client_ca, error.message());
  }
  // Resumed sessions need it once client certificates are asked for.
  static constexpr unsigned char kSessionContext[] = "cloudmapd";
  if (SSL_CTX_set_session_id_context(context->native_handle(), kSessionContext,
                                     sizeof(kSessionContext) - 1) != 1) {
    return absl::InternalError("OpenSSL refuses a session context");
  }
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  if (error) {
    return FileError("--tls-client-ca", files.client_ca, error.message());
  }
  return context;
}

absl::StatusOr<std::shared_ptr<const TlsIdentity>> Read(const TlsFiles& files) {
  auto identity = std::make_shared<TlsIdentity>();
  ASSIGN_OR_RETURN(identity->cert, ReadFile("--tls-cert", files.cert));
  ASSIGN_OR_RETURN(identity->key, ReadFile("--tls-key", files.key));
  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(identity->client_ca, ReadFile("--tls-client-ca", files.client_ca));
  }
  ASSIGN_OR_RETURN(identity->mutual, ContextOf(files, *identity, /*asks=*/true));
  ASSIGN_OR_RETURN(identity->server_only, ContextOf(files, *identity, /*asks=*/false));
  return identity;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsCertificates>> TlsCertificates::Load(TlsFiles files) {
  std::unique_ptr<TlsCertificates> certificates(new TlsCertificates(std::move(files)));
  RETURN_IF_ERROR(certificates->Reload());
  TlsCertificates& watched = *certificates;
  ASSIGN_OR_RETURN(certificates->watcher_,
                   StartThread("tls-watch", [&watched] { watched.Watch(); }));
  return certificates;
}

TlsCertificates::TlsCertificates(TlsFiles files) : files_(std::move(files)) {}

TlsCertificates::~TlsCertificates() {
  if (watcher_.joinable()) {
    stop_.Notify();
    watcher_.join();
  }
}

std::shared_ptr<const TlsIdentity> TlsCertificates::Current() const {
  const absl::MutexLock lock(&mutex_);
  return current_;
}

absl::Status TlsCertificates::Reload() {
  // Before they are read: what is written meanwhile is read again.
  Stamp stamp = StampOfFiles();
  ASSIGN_OR_RETURN(std::shared_ptr<const TlsIdentity> fresh, Read(files_));
  const absl::MutexLock lock(&mutex_);
  current_ = std::move(fresh);
  settled_ = std::move(stamp);
  return absl::OkStatus();
}

TlsCertificates::Stamp TlsCertificates::StampOfFiles() const {
  Stamp stamp;
  for (const std::string* file : {&files_.cert, &files_.key, &files_.client_ca}) {
    struct stat found {};
    if (!file->empty() && stat(file->c_str(), &found) == 0) {
      absl::StrAppend(&stamp, found.st_dev, " ", found.st_ino, " ", found.st_size, " ",
                      found.st_mtim.tv_sec, ".", found.st_mtim.tv_nsec);
    }
    absl::StrAppend(&stamp, ";");
  }
  return stamp;
}

void TlsCertificates::Watch() {
  Stamp failed;
  while (!stop_.WaitForNotificationWithTimeout(kLookEvery)) {
    const Stamp stamp = StampOfFiles();
    {
      const absl::MutexLock lock(&mutex_);
      if (stamp == settled_) {
        continue;
      }
    }
    const absl::Status reloaded = Reload();
    if (reloaded.ok()) {
      spdlog::info("renewed certificates are in use");
    } else if (stamp != failed) {
      // Perhaps the other file is about to be written: they get one more look.
      failed = stamp;
    } else {
      spdlog::error("{}; the certificates in use stay", std::string(reloaded.message()));
      const absl::MutexLock lock(&mutex_);
      settled_ = stamp;
    }
  }
}

}  // namespace cloudmap

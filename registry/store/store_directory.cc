#include "registry/store/store_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "registry/base/status_macros.h"
#include "registry/store/registry_file.h"

namespace cloudmap::registry {
namespace {

constexpr absl::string_view kRegistry = "registry.db";
constexpr absl::string_view kScratch = "registry.new";
constexpr absl::string_view kLock = "registry.lock";

enum class Contents : uint8_t { kMissing, kNothing, kOurs };

std::string Reason(int error) { return std::generic_category().message(error); }

std::string Join(absl::string_view directory, absl::string_view name) {
  return absl::StrCat(directory, directory == "/" ? "" : "/", name);
}

std::string ParentOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) {
    return ".";
  }
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

bool IsOurs(absl::string_view name) { return name == kLock || absl::StartsWith(name, kScratch); }

// What a new file system has at its root, before anybody wrote to it.
bool IsFileSystemOwn(absl::string_view name) {
  return name == "." || name == ".." || name == "lost+found";
}

absl::Status CannotRead(absl::string_view path, int error) {
  return absl::PermissionDeniedError(absl::StrCat(
      "--data-dir ", path, " cannot be read: ", Reason(error),
      "; let the user that runs cloudmapd read and write it, or name another directory"));
}

// Looks without touching. OK only for what cloudmapd may use.
absl::StatusOr<Contents> Inspect(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? absl::StatusOr<Contents>(Contents::kMissing) : CannotRead(path, errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("--data-dir ", path, " is not a directory; name a directory"));
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) {
    return CannotRead(path, errno);
  }
  bool has_registry = false;
  std::string foreign;
  // The stream is this function's own, so readdir is safe.
  while (const dirent* entry = readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe)
    const absl::string_view name = entry->d_name;
    if (name == kRegistry) {
      has_registry = true;
    } else if (!IsOurs(name) && !IsFileSystemOwn(name)) {
      foreign = std::string(name);
    }
  }
  if (has_registry) {
    RETURN_IF_ERROR(CheckRegistryFile(Join(path, kRegistry)));
    return Contents::kOurs;
  }
  if (absl::StartsWith(foreign, kRegistry)) {
    return absl::FailedPreconditionError(
        absl::StrCat("--data-dir ", path, " holds ", foreign, " but no ", kRegistry,
                     "; restore that file or name an empty directory"));
  }
  if (!foreign.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("--data-dir ", path,
                                                      " holds files that cloudmapd did not write (",
                                                      foreign, "); name an empty directory"));
  }
  return Contents::kNothing;
}

// With its missing parents; every new name is synced.
absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) {
    return SyncParent(path);
  }
  if (errno == EEXIST) {
    return absl::OkStatus();
  }
  const std::string parent = ParentOf(path);
  if (errno == ENOENT && parent != path && parent != ".") {
    RETURN_IF_ERROR(MakeDirectory(parent));
    if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) {
      return SyncParent(path);
    }
  }
  return absl::PermissionDeniedError(
      absl::StrCat("--data-dir ", path, " cannot be created: ", Reason(errno),
                   "; create it for the user that runs cloudmapd, or name another directory"));
}

absl::Status InUse(absl::string_view path, int lock_fd) {
  char pid[16] = {};
  const ssize_t size = pread(lock_fd, pid, sizeof(pid) - 1, 0);
  const std::string owner =
      size > 0 ? absl::StrCat(" (process ", absl::StripAsciiWhitespace(pid), ")") : "";
  return absl::UnavailableError(absl::StrCat("--data-dir ", path, " is in use by another cloudmapd",
                                             owner, "; stop it or name another directory"));
}

// The descriptor that holds the claim.
absl::StatusOr<int> Lock(const std::string& path) {
  const std::string lock_path = Join(path, kLock);
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return CannotWrite(lock_path, errno);
  }
  absl::Cleanup closer = [fd] { close(fd); };
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? InUse(path, fd) : CannotWrite(lock_path, errno);
  }
  // Only for the message that the next one gets.
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return CannotWrite(lock_path, errno);
  }
  std::move(closer).Cancel();
  return fd;
}

}  // namespace

absl::Status SyncParent(const std::string& path) {
  const std::string parent = ParentOf(path);
  const int fd = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return CannotWrite(parent, errno);
  }
  const absl::Cleanup closer = [fd] { close(fd); };
  // Some file systems cannot sync a directory and say EINVAL; there is nothing more to do there.
  return fsync(fd) == 0 || errno == EINVAL ? absl::OkStatus() : CannotWrite(parent, errno);
}

absl::Status CannotWrite(absl::string_view path, int error) {
  return absl::PermissionDeniedError(
      absl::StrCat(path, " cannot be written: ", Reason(error),
                   "; let the user that runs cloudmapd write it, or name another --data-dir"));
}

absl::StatusOr<StoreDirectory> StoreDirectory::Claim(absl::string_view path) {
  while (path.size() > 1 && path.back() == '/') {
    path.remove_suffix(1);
  }
  if (path.empty()) {
    return absl::InvalidArgumentError("--data-dir is empty; name a directory");
  }
  const std::string directory(path);
  ASSIGN_OR_RETURN(const Contents before, Inspect(directory));
  if (before == Contents::kMissing) {
    RETURN_IF_ERROR(MakeDirectory(directory));
  }
  ASSIGN_OR_RETURN(const int lock_fd, Lock(directory));
  StoreDirectory claimed(directory, lock_fd);
  // Another process may have made the registry, and ended, since the first look.
  ASSIGN_OR_RETURN(const Contents contents, Inspect(directory));
  claimed.has_registry_ = contents == Contents::kOurs;
  return claimed;
}

StoreDirectory::StoreDirectory(StoreDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      lock_fd_(std::exchange(other.lock_fd_, -1)),
      has_registry_(other.has_registry_) {}

StoreDirectory::~StoreDirectory() {
  if (lock_fd_ >= 0) {
    close(lock_fd_);
  }
}

std::string StoreDirectory::registry_path() const { return Join(path_, kRegistry); }
std::string StoreDirectory::scratch_path() const { return Join(path_, kScratch); }

}  // namespace cloudmap::registry

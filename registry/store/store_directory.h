// The data directory: made when missing, refused when it is not ours, held by one process.
//
//   ASSIGN_OR_RETURN(StoreDirectory directory, StoreDirectory::Claim("./cloudmap-data"));
//   directory.registry_path()  // "./cloudmap-data/registry.db", which may not exist yet
//
// Nothing is written into a directory that is not empty and not ours. The claim is a flock on
// registry.lock: it ends with the process, however that ends, and the file itself stays.
//
// Thread safety: none needed; it does not change once claimed.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cloudmap::registry {

class StoreDirectory {
 public:
  // Errors are one line and name the directory or file and the remedy.
  static absl::StatusOr<StoreDirectory> Claim(absl::string_view path);

  StoreDirectory(StoreDirectory&& other) noexcept;
  StoreDirectory& operator=(StoreDirectory&&) = delete;
  ~StoreDirectory();

  std::string registry_path() const;
  // Where a new registry is built before it gets its name.
  std::string scratch_path() const;
  // Checked at Claim(); the registry is one of ours when it exists.
  bool has_registry() const { return has_registry_; }

 private:
  StoreDirectory(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_;
  bool has_registry_ = false;
};

// Makes a new name in the directory of `path` survive a power failure.
absl::Status SyncParent(const std::string& path);

// "PATH cannot be written: REASON; ...", from an errno.
absl::Status CannotWrite(absl::string_view path, int error);

}  // namespace cloudmap::registry

// registry.db: telling ours from anything else, making a new one, opening one.
//
// The file is an SQLite database in WAL mode with our application_id, and the schema version as
// user_version. A file that is not ours, or of a newer schema, is only ever read.
//
// Thread safety: pure functions; the caller holds the directory (StoreDirectory).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registry/store/sqlite_db.h"

namespace cloudmap::registry {

// "cmap": what file(1) and other programs can know the file by.
inline constexpr int kApplicationId = 0x636d6170;

// Reads the file header, and nothing else, without SQLite. OK for a registry of a known schema;
// otherwise an error that names the file and the remedy.
absl::Status CheckRegistryFile(const std::string& path);

// Makes an empty registry at `path`, whole or not at all: it is built at `scratch_path` and
// renamed. What an interrupted attempt left at `scratch_path` is replaced.
absl::Status CreateRegistryFile(const std::string& path, const std::string& scratch_path);

// REQUIRES: CheckRegistryFile(path) is OK.
absl::StatusOr<SqliteConnection> OpenRegistryFile(const std::string& path);

}  // namespace cloudmap::registry

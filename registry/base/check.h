// CHECK for what only a bug can break. It stays on in release: a restart is cheap and the store
// is the truth. The packaged abseil has no absl/log.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CLOUDMAP_CHECK(condition, why)                                                            \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s: %s\n", __FILE__, __LINE__, #condition, why); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)

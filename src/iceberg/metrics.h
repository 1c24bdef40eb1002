#pragma once

/// \file iceberg/metrics.h
/// \brief Which column metrics a table wants, and how bounds are shortened.
///
/// Source: properties write.metadata.metrics.*, as Java's MetricsConfig reads them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/type.h"

namespace frazil {

/// \brief How much is kept about a column.
struct MetricsMode {
  enum class Kind {
    kNone,      ///< nothing but its size
    kCounts,    ///< counts of values, nulls and NaN
    kTruncate,  ///< counts, and bounds of at most `length`
    kFull,      ///< counts, and whole bounds
  };
  Kind kind = Kind::kTruncate;
  /// Of kTruncate: code points of a string, bytes of a binary. Fixed, uuid and numbers
  /// are never cut.
  int length = 16;

  bool operator==(const MetricsMode&) const = default;
  [[nodiscard]] bool has_counts() const { return kind != Kind::kNone; }
  [[nodiscard]] bool has_bounds() const { return kind >= Kind::kTruncate; }
};

/// \brief Reads "none", "counts", "truncate(16)", "full"; case does not matter.
std::optional<MetricsMode> ParseMetricsMode(std::string_view text);

/// \brief The mode of each column of a table.
///
/// Rules of Java's library: write.metadata.metrics.column.<dotted path>, else
/// write.metadata.metrics.default, else truncate(16) for the first
/// write.metadata.metrics.max-inferred-column-defaults columns (100; structs count their
/// fields) and none for the rest. Sorted columns have at least truncate(16). A mode that
/// does not parse counts as absent.
class MetricsConfig {
 public:
  /// \param sort_field_ids source columns of the table's sort order.
  static MetricsConfig Make(const Schema& schema,
                            const std::map<std::string, std::string>& properties,
                            const std::vector<std::int32_t>& sort_field_ids);

  /// \brief The mode of a column at any depth. Lists and maps, and what is inside them,
  /// have sizes only, whatever this says.
  [[nodiscard]] MetricsMode ModeOf(std::int32_t field_id) const;

 private:
  MetricsMode default_mode_;
  std::map<std::int32_t, MetricsMode> modes_;
};

/// \name Shortening of bounds
/// A lower bound becomes a prefix, so it stays below every value. An upper bound becomes
/// a prefix whose last unit that can be raised is raised; nullopt where none can: then
/// there is no bound. Values within `length` stay as they are.
/// \pre length > 0
/// @{

/// \brief Cuts UTF-8 to `length` code points.
std::string_view TruncateStringLower(std::string_view utf8, int length);
/// \return nullopt also for bytes that are not UTF-8.
std::optional<std::string> TruncateStringUpper(std::string_view utf8, int length);
/// \brief Cuts bytes to `length`.
std::string_view TruncateBinaryLower(std::string_view bytes, int length);
std::optional<std::string> TruncateBinaryUpper(std::string_view bytes, int length);
/// \brief One of the above for string and binary columns; other types stay whole.
std::string_view TruncateLower(std::string_view value, const Type& type, int length);
std::optional<std::string> TruncateUpper(std::string_view value, const Type& type,
                                         int length);
/// @}

/// \brief The signs of a UUID's halves, 0 to 3. UUIDs whose signs are the same are in one
/// order for all readers: most compare unsigned bytes (RFC 9562), Java's library up to 1.12
/// signed halves (its issue 14216). Where signs differ, what is a lower bound for some is
/// none for it, and it would pass over rows.
/// \pre 16 bytes
int UuidSigns(std::string_view uuid);

}  // namespace frazil

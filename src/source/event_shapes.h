#pragma once

/// \file source/event_shapes.h
/// \brief Made-up events as JSON, for `frazil produce` and `frazil demo`.
///
/// The text of event i is a pure function of (shape, seed, i): a topic can be filled again,
/// in parts or in parallel, and is the same.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

/// \brief A kind of events.
enum class EventShape {
  kEvents,  ///< web events, about 270 bytes, with a struct, a map and a list
  kOrders,  ///< orders with a decimal, a date and a list of structs, about 350 bytes
  kFlat,    ///< measurements of scalars only, about 150 bytes
};

/// \brief "events", "orders", "flat".
const std::vector<std::string>& EventShapeNames();

/// \return kInvalidArgument for another name.
Result<EventShape> ParseEventShape(std::string_view name);

/// \brief The columns of a shape for CREATE TABLE, in the types of the native SQL.
std::string_view EventShapeColumns(EventShape shape);

/// \brief Appends event `index` to `out`, as one JSON object.
void AppendEvent(EventShape shape, std::uint64_t seed, std::int64_t index,
                 std::string& out);

/// \brief Appends the record key of event `index`: the user, customer or sensor.
void AppendEventKey(EventShape shape, std::uint64_t seed, std::int64_t index,
                    std::string& out);

/// \brief When event `index` happened: milliseconds since the Unix epoch; rises with index.
std::int64_t EventTimestampMs(std::int64_t index);

}  // namespace frazil

#pragma once

/// \file config/placed_message.h
/// \brief The parts of an error's message, for programs that read it.

#include <string>
#include <string_view>

#include "config/pipeline_spec.h"

namespace frazil {

/// \brief What ErrorAt() (config/pipeline_spec.h) made one text of.
struct PlacedMessage {
  /// "" where the message names no place, which then is 0:0.
  std::string file;
  TextPlace place;
  std::string message;
  /// "" if there is none.
  std::string hint;
};

/// \brief Takes a message apart. One that ErrorAt() did not make is all message. A place
/// counts only where its line of the script is shown: a message may quote "a:1:2: b".
PlacedMessage SplitPlacedMessage(std::string_view text);

}  // namespace frazil

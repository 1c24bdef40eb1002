#pragma once

/// \file transform/select_place.h
/// \brief Places inside a SELECT as places in its script.

#include "config/pipeline_spec.h"

namespace frazil {

/// \brief A place in the text of a SELECT, given where that text begins in the script.
[[nodiscard]] constexpr TextPlace PlaceInScript(TextPlace select, TextPlace inside) {
  if (select.line == 0 || inside.line == 0) return select;
  if (inside.line == 1) return {select.line, select.column + inside.column - 1};
  return {select.line + inside.line - 1, inside.column};
}

}  // namespace frazil

#pragma once

/// \file catalog/identifier.h
/// \brief What names catalogs take, and where a table lies by default.

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"

namespace frazil {

/// \brief "sales.eu": the levels joined by dots, as SQL catalogs store them.
std::string NamespaceToString(const Namespace& table_namespace);

/// \brief The inverse of NamespaceToString.
Namespace NamespaceFromString(std::string_view text);

/// \brief Checks the levels: at least one; none empty, with a dot, or unfit for a folder.
/// \return kInvalidArgument with the level.
Status CheckNamespace(const Namespace& table_namespace);

/// \brief Checks the namespace and the name; the name may hold dots.
Status CheckIdentifier(const TableIdentifier& identifier);

/// \brief `<warehouse>/<level>/.../<name>`: what Java's catalogs choose.
std::string DefaultTableLocation(std::string_view warehouse,
                                 const TableIdentifier& identifier);

/// \name What every catalog says of names
/// @{
tl::unexpected<Error> NoSuchNamespace(const Namespace& table_namespace);
tl::unexpected<Error> NoSuchTable(const TableIdentifier& identifier);
tl::unexpected<Error> NamespaceIsThere(const Namespace& table_namespace);
tl::unexpected<Error> TableIsThere(const TableIdentifier& identifier);
/// @}

}  // namespace frazil

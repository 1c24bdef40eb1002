#pragma once

/// \file catalog/hadoop/hadoop_catalog.h
/// \brief A catalog that is nothing but folders of this machine's file system.
///
/// `<warehouse>/<level>/.../<table>/metadata/v<N>.metadata.json`: a commit makes version
/// N+1 under a name that must be free, in one step. version-hint.text says where to begin
/// looking for the newest. Source: Iceberg specification, "File System Tables"; deprecated
/// there, and only as safe as the file system's rename.

#include <memory>
#include <string>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "storage/file_io.h"

namespace frazil {

/// \param warehouse absolute location of the top folder.
/// \param clock outlives the catalog.
/// \return kNotSupported if the warehouse is not on this machine.
Result<std::unique_ptr<Catalog>> NewHadoopCatalog(std::string name, std::string warehouse,
                                                  std::shared_ptr<FileIO> io,
                                                  const Clock& clock = Clock::System());

}  // namespace frazil

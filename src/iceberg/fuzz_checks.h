#pragma once

/// \file iceberg/fuzz_checks.h
/// \brief What must hold for any bytes; the fuzz targets and the replay of their corpora run
/// these. Included by tests only.

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil {

/// \brief A table whose specs are those of the manifests in the corpus: ids from 1000 on.
inline TableMetadata FuzzTable() {
  TableMetadata table;
  Schema schema;
  PartitionSpec spec;
  for (int id = 0; id < static_cast<int>(TypeId::kStruct); ++id) {
    const auto type_id = static_cast<TypeId>(id);
    SchemaField field;
    field.field_id = id + 1;
    field.name = "c" + std::to_string(id);
    field.type = type_id == TypeId::kDecimal ? Type::Decimal(9, 2)
                 : type_id == TypeId::kFixed ? Type::Fixed(3)
                                             : Type(type_id);
    spec.fields.push_back({field.field_id, 1000 + id, field.name, Transform()});
    schema.fields.push_back(std::move(field));
  }
  table.schemas.push_back(std::move(schema));
  table.partition_specs.push_back(std::move(spec));
  return table;
}

inline void AbortIfNot(bool holds) {
  if (!holds) std::abort();
}

inline void CheckErrorKind(const Error& error) {
  AbortIfNot(error.kind == ErrorKind::kCorruptData ||
             error.kind == ErrorKind::kNotSupported);
}

/// \brief What decodes as a manifest list or a manifest encodes again, to the same content.
inline void CheckAvroBytes(std::string_view bytes) {
  const auto manifests = DecodeManifestList(bytes);
  if (manifests.has_value()) {
    const auto again = DecodeManifestList(EncodeManifestList(*manifests, Snapshot{}, 3));
    AbortIfNot(again.has_value() && *again == *manifests);
  } else {
    CheckErrorKind(manifests.error());
  }

  static const TableMetadata kTable = FuzzTable();
  const auto entries = DecodeManifest(bytes, ManifestFile{}, kTable);
  if (!entries.has_value()) {
    CheckErrorKind(entries.error());
    return;
  }
  const auto encoded =
      EncodeManifest(kTable.CurrentSchema(), kTable.DefaultSpec(), 3, *entries);
  // Other writers may mix data and deletes; we do not write that.
  if (!encoded.has_value()) return;
  const auto again = DecodeManifest(encoded->bytes, ManifestFile{}, kTable);
  AbortIfNot(again.has_value() && again->size() == entries->size());
}

/// \brief What parses as table metadata is written and read again without a change.
inline void CheckTableMetadataText(std::string_view text) {
  const auto metadata = ParseTableMetadata(text);
  if (!metadata.has_value()) {
    CheckErrorKind(metadata.error());
    return;
  }
  const std::string written = SerializeTableMetadata(*metadata);
  const auto again = ParseTableMetadata(written);
  AbortIfNot(again.has_value() && SerializeTableMetadata(*again) == written);
}

}  // namespace frazil

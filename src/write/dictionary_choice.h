#pragma once

/// \file write/dictionary_choice.h
/// \brief Which columns are worth a dictionary.
///
/// Parquet's writer gives a dictionary up when it is full (2 MiB): until then it hashes
/// every value of a column of unique ones, and writes their indexes beside them. A look at
/// some values saves both.

#include <vector>

#include <arrow/type_fwd.h>

#include "model/type.h"
#include "write/parquet_layout.h"

namespace frazil {

/// \brief True if values repeat so often that a dictionary will be smaller than they are.
/// With few values the answer is yes, as Parquet's default is.
/// \param values of a leaf column of the given type; the first few thousand are looked at.
bool IsWorthADictionary(const arrow::Array& values, const Type& type);

/// \brief Asks for each leaf column of a file, in order.
/// \param rows as from ParquetLayout::Adopt, typical of what will be written.
std::vector<bool> ChooseDictionaries(const ParquetLayout& layout,
                                     const arrow::RecordBatch& rows);

}  // namespace frazil

#include "write/parquet_file.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>

#include "storage/arrow_stream.h"
#include "write/file_metrics.h"

namespace frazil {
namespace {

using parquet::RowGroupWriter;

// Passes everything on to Parquet's own file writer, and lets us see the row group that
// Arrow's writer keeps to itself: its sizes decide when it is full.
class WatchedContents : public parquet::ParquetFileWriter::Contents {
 public:
  explicit WatchedContents(std::unique_ptr<parquet::ParquetFileWriter> writer)
      : Contents(std::static_pointer_cast<parquet::schema::GroupNode>(
                     writer->schema()->schema_root()),
                 nullptr),
        writer_(std::move(writer)) {}

  void Close() override {
    writer_->Close();
    file_metadata_ = writer_->metadata();
    row_group_ = nullptr;
  }
  RowGroupWriter* AppendRowGroup() override {
    return row_group_ = writer_->AppendRowGroup();
  }
  RowGroupWriter* AppendBufferedRowGroup() override {
    return row_group_ = writer_->AppendBufferedRowGroup();
  }
  [[nodiscard]] std::int64_t num_rows() const override { return writer_->num_rows(); }
  [[nodiscard]] int num_columns() const override { return writer_->num_columns(); }
  [[nodiscard]] int num_row_groups() const override { return writer_->num_row_groups(); }
  [[nodiscard]] const std::shared_ptr<parquet::WriterProperties>& properties()
      const override {
    return writer_->properties();
  }
  void AddKeyValueMetadata(
      const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) override {
    writer_->AddKeyValueMetadata(metadata);
  }

  [[nodiscard]] RowGroupWriter* row_group() const { return row_group_; }

 private:
  std::unique_ptr<parquet::ParquetFileWriter> writer_;
  RowGroupWriter* row_group_ = nullptr;
};

// Distinct values for which the largest allowed filter has the wanted precision.
std::int64_t LargestDistinct(const BloomFilterOption& filter, std::int64_t max_bytes) {
  // Split-block filters set 8 bits per value.
  const double bits_per_value =
      -8.0 / std::log(1.0 - std::pow(filter.false_positive_probability, 1.0 / 8.0));
  return std::max<std::int64_t>(
      1,
      static_cast<std::int64_t>(static_cast<double>(max_bytes) * 8.0 / bits_per_value));
}

void SetColumnProperties(const ParquetLayout& layout, const LeafColumn& leaf,
                         bool has_dictionary,
                         parquet::WriterProperties::Builder& builder) {
  const ParquetOptions& options = layout.options();
  if (!has_dictionary) builder.disable_dictionary(leaf.parquet_path);
  if (!layout.HasFooterStatistics(leaf)) {
    builder.disable_statistics(leaf.parquet_path)
        ->disable_write_page_index(leaf.parquet_path);
  }
  const auto filter = options.bloom_filters.find(leaf.path);
  if (filter == options.bloom_filters.end()) return;
  const std::int64_t largest =
      LargestDistinct(filter->second, options.bloom_filter_max_bytes);
  parquet::BloomFilterOptions bloom;
  bloom.fpp = filter->second.false_positive_probability;
  bloom.ndv = std::min(filter->second.distinct_values.value_or(largest), largest);
  builder.enable_bloom_filter(leaf.parquet_path, bloom);
}

std::shared_ptr<parquet::WriterProperties> PropertiesFor(
    const ParquetLayout& layout, const std::vector<bool>& dictionaries,
    arrow::MemoryPool* pool) {
  const ParquetOptions& options = layout.options();
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(pool)
      ->created_by("frazil version " FRAZIL_VERSION)
      ->version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(options.has_data_pages_v2 ? parquet::ParquetDataPageVersion::V2
                                                    : parquet::ParquetDataPageVersion::V1)
      ->data_pagesize(options.page_size_bytes)
      ->max_rows_per_page(options.page_row_limit)
      ->dictionary_pagesize_limit(options.dictionary_size_bytes)
      ->max_row_group_length(std::numeric_limits<std::int64_t>::max())
      ->compression(options.codec)
      ->set_size_statistics_level(parquet::SizeStatisticsLevel::None)
      ->enable_store_decimal_as_integer();
  if (options.compression_level.has_value()) {
    builder.compression_level(*options.compression_level);
  } else if (options.codec == arrow::Compression::ZSTD) {
    builder.compression_level(1);
  }
  for (std::size_t i = 0; i < layout.leaves().size(); ++i) {
    SetColumnProperties(layout, layout.leaves()[i], dictionaries.at(i), builder);
  }
  return builder.build();
}

// What Parquet's writer allocates per column beside its memory pool (measured): properties
// and metadata as long as the file is open, writers and encoders while a row group is.
constexpr std::int64_t kClosedColumnBytes = 3 << 10;
constexpr std::int64_t kOpenColumnBytes = 9 << 10;

class ParquetFileImpl : public ParquetFile {
 public:
  ParquetFileImpl(std::shared_ptr<const ParquetLayout> layout, std::string location,
                  std::unique_ptr<OutputFile> output)
      : layout_(std::move(layout)),
        location_(std::move(location)),
        pool_(arrow::system_memory_pool()),
        stream_(std::make_shared<ArrowOutputStream>(std::move(output))),
        metrics_(layout_) {}

  ParquetFileImpl(const ParquetFileImpl&) = delete;
  ParquetFileImpl& operator=(const ParquetFileImpl&) = delete;

  ~ParquetFileImpl() override {
    // Parquet's destructor completes the file; into an aborted stream that does nothing.
    if (!is_finished_) (void)stream_->Abort();
  }

  Status Start(const std::vector<bool>& dictionaries) {
    return Guarded([&]() -> arrow::Status {
      const auto properties = PropertiesFor(*layout_, dictionaries, &pool_);
      parquet::ArrowWriterProperties::Builder arrow_builder;
      const auto arrow_properties =
          arrow_builder.enable_compliant_nested_types()->set_use_threads(false)->build();
      std::shared_ptr<parquet::SchemaDescriptor> schema;
      ARROW_RETURN_NOT_OK(parquet::arrow::ToParquetSchema(
          layout_->file_schema().get(), *properties, *arrow_properties, &schema));
      auto inner = parquet::ParquetFileWriter::Open(
          stream_,
          std::static_pointer_cast<parquet::schema::GroupNode>(schema->schema_root()),
          properties);
      auto contents = std::make_unique<WatchedContents>(std::move(inner));
      contents_ = contents.get();
      auto outer = std::make_unique<parquet::ParquetFileWriter>();
      outer->Open(std::move(contents));
      return parquet::arrow::FileWriter::Make(
          &pool_, std::move(outer), layout_->file_schema(), arrow_properties, &writer_);
    });
  }

  Status Write(const arrow::RecordBatch& rows) override {
    if (rows.num_rows() == 0) return {};
    metrics_.Observe(rows);
    FRAZIL_TRY(Guarded([&]() -> arrow::Status {
      if (!has_row_group_) ARROW_RETURN_NOT_OK(writer_->NewBufferedRowGroup());
      has_row_group_ = true;
      return writer_->WriteRecordBatch(rows);
    }));
    buffered_rows_ += rows.num_rows();
    if (BufferedBytes() >= layout_->options().row_group_size_bytes)
      return FlushRowGroup();
    return {};
  }

  Status FlushRowGroup() override {
    if (!has_row_group_) return {};
    has_row_group_ = false;
    buffered_rows_ = 0;
    return Guarded([&] {
      contents_->row_group()->Close();
      return arrow::Status::OK();
    });
  }

  Result<DataFile> Finish() override {
    FRAZIL_TRY(Guarded([&]() -> arrow::Status {
      ARROW_RETURN_NOT_OK(writer_->Close());
      return stream_->Close();
    }));
    is_finished_ = true;
    has_row_group_ = false;
    DataFile file;
    file.file_path = location_;
    file.file_size_bytes = WrittenBytes();
    FRAZIL_TRY(metrics_.Fill(*writer_->metadata(), file));
    return file;
  }

  [[nodiscard]] std::int64_t EstimatedSizeBytes() const override {
    return WrittenBytes() + BufferedBytes();
  }
  [[nodiscard]] std::int64_t MemoryBytes() const override {
    const auto column_count = static_cast<std::int64_t>(layout_->leaves().size());
    return pool_.bytes_allocated() +
           column_count * (has_row_group_ ? kOpenColumnBytes : kClosedColumnBytes);
  }
  [[nodiscard]] std::int64_t BufferedRows() const override { return buffered_rows_; }
  [[nodiscard]] const std::string& location() const override { return location_; }

 private:
  // The one place where exceptions and statuses of the Parquet library become Errors.
  template <typename Function>
  Status Guarded(const Function& function) {
    std::string message;
    try {
      const arrow::Status status = function();
      if (status.ok()) return {};
      message = status.ToString();
    } catch (const std::exception& e) {
      message = e.what();
    }
    if (stream_->file_error().has_value()) return Fail(*stream_->file_error());
    return Fail(ErrorKind::kInternal, "{}: cannot write Parquet: {}", location_, message);
  }

  [[nodiscard]] std::int64_t WrittenBytes() const { return stream_->Tell().ValueOr(0); }

  [[nodiscard]] std::int64_t BufferedBytes() const {
    if (!has_row_group_) return 0;
    const RowGroupWriter& group = *contents_->row_group();
    const RowGroupWriter::BufferedStats open = group.estimated_buffered_stats();
    return group.total_compressed_bytes() + group.total_compressed_bytes_written() +
           open.def_level_bytes + open.rep_level_bytes + open.value_bytes +
           open.dict_bytes;
  }

  std::shared_ptr<const ParquetLayout> layout_;
  std::string location_;
  // Outlives the writer, whose buffers are its. Over glibc's allocator: with many files open
  // Arrow's default one held up to half as much again (measured).
  arrow::ProxyMemoryPool pool_;
  std::shared_ptr<ArrowOutputStream> stream_;
  FileMetrics metrics_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  WatchedContents* contents_ = nullptr;  // owned by writer_
  std::int64_t buffered_rows_ = 0;
  bool has_row_group_ = false;
  bool is_finished_ = false;
};

}  // namespace

Result<std::unique_ptr<ParquetFile>> ParquetFile::Open(
    std::shared_ptr<const ParquetLayout> layout, FileIO& io, std::string location,
    const std::vector<bool>& dictionaries) {
  FRAZIL_ASSIGN(auto output, io.NewOutput(location));
  auto file = std::make_unique<ParquetFileImpl>(std::move(layout), std::move(location),
                                                std::move(output));
  FRAZIL_TRY(file->Start(dictionaries));
  return file;
}

}  // namespace frazil

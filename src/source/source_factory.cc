#include "source/source_factory.h"

#include "source/datagen/datagen_options.h"
#include "source/datagen/datagen_source.h"
#include "source/kafka/kafka_options.h"
#include "source/kafka/kafka_source.h"

namespace frazil {
namespace {

Result<std::unique_ptr<Source>> MakeKafka(const SourceSpec& table,
                                          const SourceContext& context) {
  FRAZIL_ASSIGN(KafkaSourceConfig config,
                ParseKafkaSource(
                    *context.script, table,
                    {.group_id = context.group_id, .queue_bytes = context.queue_bytes}));
  return std::make_unique<KafkaSource>(std::move(config));
}

Result<std::unique_ptr<Source>> MakeDatagen(const SourceSpec& table,
                                            const SourceContext& context) {
  FRAZIL_ASSIGN(DatagenConfig config, ParseDatagen(*context.script, table));
  return std::make_unique<DatagenSource>(std::move(config));
}

}  // namespace

const std::vector<SourceConnector>& SourceConnectors() {
  static const std::vector<SourceConnector> kConnectors = {
      {"datagen", "records made up here, the same at every run", &DatagenOptions, "json",
       &MakeDatagen},
      {"kafka", "topics of Apache Kafka and what speaks its protocol",
       &KafkaSourceOptions, "", &MakeKafka},
  };
  return kConnectors;
}

Result<const SourceConnector*> FindSourceConnector(const PipelineSpec& script,
                                                   const SourceSpec& table) {
  std::vector<std::string> names;
  for (const SourceConnector& connector : SourceConnectors()) {
    if (connector.name == table.connector) return &connector;
    names.emplace_back(connector.name);
  }
  const Option* const option = table.options.Find("connector");
  const std::string near = Nearest(table.connector, names);
  return Fail(ErrorAt(script, option == nullptr ? table.place : option->value_place,
                      fmt::format("nothing can be read by connector '{}'; there are: {}",
                                  table.connector, fmt::join(names, ", ")),
                      near.empty() ? "" : fmt::format("did you mean '{}'?", near)));
}

Result<std::unique_ptr<Source>> OpenSource(const SourceSpec& table,
                                           const SourceContext& context) {
  FRAZIL_ASSIGN(const SourceConnector* const connector,
                FindSourceConnector(*context.script, table));
  return connector->make(table, context);
}

}  // namespace frazil

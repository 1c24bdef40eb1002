-- One topic into one table.
SET 'commit.interval' = '10 s';
SET memory.limit = 256 MiB;
CREATE CATALOG lake WITH ('type'='iceberg', 'catalog-type'='sql', 'uri'='sqlite:///lake/catalog.db', 'warehouse'='lake');
CREATE DATABASE IF NOT EXISTS lake.db COMMENT 'it''s' WITH ('owner' = 'me');
USE lake.db;
CREATE TABLE events (
  id BIGINT NOT NULL COMMENT 'key', `user id` STRING, ts TIMESTAMP_LTZ(3), amount DOUBLE,
  m MAP<STRING, ARRAY<ROW<a INT, b DECIMAL(9, 2) NOT NULL>>>, pos BIGINT METADATA FROM 'offset' VIRTUAL
) WITH ('connector'='kafka', 'topic'='${TOPIC:-events}', 'properties.sasl.password'='${PASSWORD}');
CREATE TABLE IF NOT EXISTS events_out (id BIGINT, ts TIMESTAMP(6), u fixed[16], PRIMARY KEY (id) NOT ENFORCED)
  PARTITIONED BY (day(ts), bucket(16, id), truncate(4, u)) WITH ('write.target-file-size-bytes'='134217728');
CREATE TEMPORARY VIEW v (a, b) AS WITH c AS (SELECT 1, ';') SELECT * FROM c;
EXECUTE STATEMENT SET BEGIN
INSERT INTO lake.db.events_out (id, ts) SELECT `id`, "ts" /* ; */ FROM events WHERE amount > 0 -- x
;
INSERT INTO events_out SELECT [1, 2][1], {'a': $$b;$$}, E'\';' FROM v;
END;

CREATE TABLE t (a INT) WITH ('connector'='iceberg', 'catalog-name'='lake', 'catalog-type'='hadoop', 'warehouse'='file:///lake', 'catalog-database'='db', 'catalog-table'='x', 'write.format.default'='parquet');
BEGIN STATEMENT SET; INSERT INTO t SELECT ${SQL} FROM s; END

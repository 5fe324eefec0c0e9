// DuckDB over the same objects, columns given, one query: node duckdb.mjs GLOB THREADS
import { createRequire } from 'node:module';
const require = createRequire(process.env.DUCKDB_FROM + '/');
const { DuckDBInstance } = require('@duckdb/node-api');
const [glob, threads] = process.argv.slice(2);
const db = await (await DuckDBInstance.create(':memory:', { threads })).connect();
const columns = "{id: 'VARCHAR', \"at\": 'TIMESTAMP', category: 'VARCHAR', currency: 'VARCHAR', amount: 'DECIMAL(18,2)', quantity: 'INTEGER', customer: 'BIGINT', shop: 'VARCHAR'}";
const rows = await (await db.runAndReadAll(
  `select category, currency, count(*), sum(amount)::varchar, min(amount)::varchar, max(amount)::varchar, count(distinct id)
   from read_json('${glob}', format = 'newline_delimited', compression = 'zstd', columns = ${columns})
   group by category, currency order by category, currency`)).getRows();
console.log(rows.length, rows.reduce((sum, row) => sum + Number(row[2]), 0), rows.reduce((sum, row) => sum + Number(row[6]), 0));

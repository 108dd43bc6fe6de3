// Runs the audits of GraphQL over HTTP against an address and writes what each came to as JSON: node audit.mjs URL FILE
import { writeFile } from 'node:fs/promises';

import { auditServer } from 'graphql-http';

const [url, file] = process.argv.slice(2);
const results = await auditServer({ url, fetchFn: fetch });
const told = results.map(({ id, name, status, reason }) => ({ id, name, status, reason: reason ?? null }));
await writeFile(file, JSON.stringify(told));

import { parseArgs } from 'node:util'
import { benchDecide } from './decide.ts'
import { benchFrameworks } from './frameworks.ts'
import { benchImports } from './imports.ts'
import { benchLedger } from './ledger.ts'
import { benchPostgres } from './postgres.ts'
import { benchRemote } from './remote.ts'
import { benchService } from './service.ts'
import { benchStreaming } from './streaming.ts'
import { print, type Result } from './result.ts'

const USAGE = `npm run bench -- [options]   What a governed call costs: time per decision, overhead on frameworks, the service, imports.

  Each figure is held against its target. The figures of PostgreSQL are left out where there is no PostgreSQL.

  --json            everything as JSON`

const { values: options } = parseArgs({
  options: { help: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
if (options.help) {
  console.log(USAGE)
  process.exit()
}
const { json } = options
const results: Result[] = []
for (const bench of [
  benchDecide,
  benchLedger,
  benchPostgres,
  benchFrameworks,
  benchRemote,
  benchService,
  benchStreaming,
  benchImports,
]) {
  const found = await bench()
  if (!json) print(found)
  results.push(...found)
}
if (json) console.log(JSON.stringify({ node: process.version, results }, undefined, 2))

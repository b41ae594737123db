// npm run bench [-- --json]
import { benchDecide } from './decide.ts'
import { benchFrameworks } from './frameworks.ts'
import { benchImports } from './imports.ts'
import { benchLedger } from './ledger.ts'
import { benchPostgres } from './postgres.ts'
import { benchRemote } from './remote.ts'
import { benchService } from './service.ts'
import { benchStreaming } from './streaming.ts'
import { print, type Result } from './result.ts'

const json = process.argv.includes('--json')
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

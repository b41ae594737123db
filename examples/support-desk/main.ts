// npm run demo [-- --json] [--remote [URL]]
// One governor, one policy, one database; the same agent on two frameworks.
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGovernor, isGovernanceError } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { aiSdkAgent } from './ai-sdk.ts'
import { langchainAgent } from './langchain.ts'
import { connect } from './provider.ts'
import { decisionService } from './service.ts'
import { catalog, question } from './shop.ts'
import { table, watch } from './view.ts'

const json = process.argv.includes('--json')
const show = (line: string): void => {
  if (!json) console.log(line)
}

const database = resolve('.countersign/demo.db')
for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })

const service = await decisionService(process.argv.slice(2)).catch((error: unknown) => {
  if (!isGovernanceError(error)) throw error
  console.error(error.message)
  process.exit(2)
})
const governor = createGovernor({
  actor: 'support-agent',
  policy: fileURLToPath(new URL('policy.yaml', import.meta.url)),
  tools: catalog,
  store: sqliteStore(database),
  ...(service === undefined ? {} : { decisions: service.decisions }),
})
const provider = await connect()

show(`> ${question}\n`)
show(
  `model: ${provider.isReal ? provider.model : 'a scripted stand-in on loopback (set OPENAI_API_KEY for the real provider)'}\n`,
)
if (service !== undefined) show(`decisions: the policy, and the service at ${service.url}\n`)
show(`${'framework'.padEnd(10)} ${'tool'.padEnd(13)} ${'decision'.padEnd(18)} ${'what happened'.padEnd(18)} reason`)

const frameworks = {
  'ai-sdk': await watch(
    'ai-sdk',
    aiSdkAgent(governor.session({ user: 'ada', sessionId: 'demo-ai-sdk' }), provider),
    show,
  ),
  langchain: await watch('langchain', langchainAgent(governor.session({ user: 'ada' }), provider), show),
}
const decisions = (await governor.decisions.list({ limit: 1000 })).length
const waiting = await governor.approvals.list()
await governor.reports.flush()
const reports = await governor.reports.status()
await governor.close()
await provider.close()
await service?.close()

show(`\n${table(frameworks)}\n`)
for (const { call, actor, user, sessionId, reason } of waiting) {
  show(
    `waiting for a person: ${call.name} ${JSON.stringify(call.input)} by ${actor} for ${user} in ${sessionId}: ${reason}`,
  )
}
if (service !== undefined) show(`\n${reports.delivered} reports to the service, ${reports.waiting} waiting`)
show(`\n${decisions} decisions in ${database}`)
if (json)
  console.log(JSON.stringify({ frameworks, decisions, database, ...(service === undefined ? {} : { reports }) }))

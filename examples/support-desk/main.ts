// npm run demo [-- --json]
// One governor, one policy, one database; the same agent on two frameworks.
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGovernor } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { aiSdkAgent } from './ai-sdk.ts'
import { langchainAgent } from './langchain.ts'
import { connect } from './provider.ts'
import { catalog, question } from './shop.ts'
import { table, watch } from './view.ts'

const json = process.argv.includes('--json')
const show = (line: string): void => {
  if (!json) console.log(line)
}

const database = resolve('.countersign/demo.db')
for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })

const governor = createGovernor({
  actor: 'support-agent',
  policy: fileURLToPath(new URL('policy.yaml', import.meta.url)),
  tools: catalog,
  store: sqliteStore(database),
})
const provider = await connect()

show(`> ${question}\n`)
show(
  `model: ${provider.isReal ? provider.model : 'a scripted stand-in on loopback (set OPENAI_API_KEY for the real provider)'}\n`,
)
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
await governor.close()
await provider.close()

show(`\n${table(frameworks)}\n`)
for (const { call, actor, user, sessionId, reason } of waiting) {
  show(
    `waiting for a person: ${call.name} ${JSON.stringify(call.input)} by ${actor} for ${user} in ${sessionId}: ${reason}`,
  )
}
show(`\n${decisions} decisions in ${database}`)
if (json) console.log(JSON.stringify({ frameworks, decisions, database }))

import { providerGuard } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'

// One process of several on one file: asks as often as it is told to, at the same time, and says how often it was let.
const [database = '', requests = '0'] = process.argv.slice(2)
const store = sqliteStore(database)
const guard = providerGuard({
  store,
  budgets: [{ name: 'shared', per: 'actor', tokens: 1000, window: '1h' }],
  estimateTokens: () => 15,
  expectedOutputTokens: 10,
})
const ask = () =>
  guard.run(
    {
      targets: [{ provider: 'test', model: 'main' }],
      body: 'hi',
      scope: { actor: 'ada' },
      usage: (answer: { readonly tokens: number }) => ({ inputTokens: answer.tokens, outputTokens: 0 }),
    },
    async () => ({ tokens: 20 }),
  )
const results = await Promise.allSettled(Array.from({ length: Number(requests) }, ask))
const others = results.flatMap(result =>
  result.status === 'rejected' && result.reason.code !== 'budget-exceeded' ? [String(result.reason)] : [],
)
await store.close()
console.log(JSON.stringify({ answered: results.filter(({ status }) => status === 'fulfilled').length, others }))

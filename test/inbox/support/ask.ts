// Asks for one refund in a process of its own, waits for the answer, and says what became of it.
import { createGovernor } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'

const [, , file = ''] = process.argv
await using governor = createGovernor({ store: sqliteStore(file), unlisted: 'require_approval' })
const call = { id: 'from-afar', name: 'refund', input: { order: '1002', amount: 2500 } }
const { status } = await governor.run(call, () => 'paid', { waits: true })
console.log(status)

import { present } from '../../ambient.js'
import { restore, storeOutput } from '../../capture/storable.js'
import { type Effect, fail, release, succeed, type Unsettled } from '../../execute/ledger/machine.js'
import { lostOutputText } from '../../execute/refusal.js'
import type { ToolRun } from '../../execute/run-tool.js'
import type { Receipt, StoredError, StoredOutput } from '../../receipt.js'
import { storedError } from '../../report/ending.js'
import type { Decision } from '../../types.js'
import type { OutputCodec } from '../governor.js'
import type { Proposal } from '../proposal.js'

const NOT_RUN: StoredError = { name: 'Error', message: 'the tool was not called' }

/** What a receipt is to say of a call. Its input is kept only where the tool needs it again. */
export function effectOf({ captured: { request }, profile }: Proposal, decision: Decision, key: string): Effect {
  const { user, tenant, id: sessionId } = request.session
  const needsInput = profile?.undo !== undefined || profile?.reconcile !== undefined
  return {
    key,
    decisionId: decision.id,
    callId: request.call.id,
    tool: request.tool,
    digest: request.digest,
    actor: request.actor,
    ...present({ user, tenant, sessionId }),
    ...(needsInput ? { input: storeOutput(request.input) } : {}),
  }
}

/** What a receipt becomes with the end of a run. A tool that was called off in the middle has failed; one that never began is given back. */
export function outcomeOf(
  ended: ToolRun<unknown>,
  signal: AbortSignal | undefined,
  { scope }: Proposal,
  at: number,
): (receipt: Unsettled) => Receipt {
  switch (ended.kind) {
    case 'returned':
      return receipt => succeed(receipt, storedOutput(ended.output, scope.outputs), at)
    case 'threw':
      return receipt => fail(receipt, storedError(ended.error), at)
    case 'signalled':
      return receipt =>
        ended.suspends && signal?.aborted !== true && receipt.status === 'started'
          ? release(receipt)
          : fail(receipt, storedError(ended.signal), at)
    case 'altered':
    case 'aborted':
      return receipt => (receipt.status === 'started' ? release(receipt) : fail(receipt, NOT_RUN, at))
  }
}

/** A result as the tool gave it; a sentence in the place of one that was not kept. */
export function outputOf(stored: StoredOutput, tool: string, codec: OutputCodec | undefined): unknown {
  if (stored.kind === 'lost') return lostOutputText(tool, stored.reason)
  const value = restore(stored.value)
  return codec === undefined ? value : codec.decode(value)
}

/** An error that can be thrown, of the name and with the message it had. */
export function errorOf({ name, message }: StoredError): Error {
  return Object.assign(new Error(message), { name })
}

function storedOutput(output: unknown, codec: OutputCodec | undefined): StoredOutput {
  try {
    return storeOutput(codec === undefined ? output : codec.encode(output))
  } catch {
    return { kind: 'lost', reason: 'it cannot be serialised' }
  }
}

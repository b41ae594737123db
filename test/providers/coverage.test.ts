import { describe, expect, it } from 'vitest'
import {
  ANTHROPIC,
  AZURE,
  CHAT,
  COMPATIBLE,
  GEMINI,
  GEMINI_INTERACTIONS,
  LEFT_OUT,
  LM_STUDIO,
  RESPONSES,
  VERTEX,
  withClientCalls,
} from '../support/recordings.js'
import { hasFixtures, NEEDS_FIXTURES } from '../support/replay-server.js'

/** What the suites of the `openai` client and of the frameworks' packages go through, file by file. */
const REPLAYED = new Set(
  [RESPONSES, CHAT, ANTHROPIC, AZURE, COMPATIBLE, GEMINI, GEMINI_INTERACTIONS, LM_STUDIO, VERTEX].flat(),
)

describe.skipIf(!hasFixtures)(`the recordings with calls of a client’s tools (${NEEDS_FIXTURES})`, () => {
  const recordings = withClientCalls()

  it('are 82', () => {
    expect(recordings).toHaveLength(82)
  })

  it.each(recordings)('%s is replayed through the client it belongs to, or there is a reason why not', path => {
    expect(REPLAYED.has(path)).toBe(!Object.hasOwn(LEFT_OUT, path))
  })

  it('are left out for a reason only where they are among them', () => {
    expect(recordings).toEqual(expect.arrayContaining(Object.keys(LEFT_OUT)))
  })
})

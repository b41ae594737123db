import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { recordedSteps, type ReplayStep } from 'countersign/testing'

export { cutAfter, replayServer, type ReplayStep, streamed, through } from 'countersign/testing'

/** Where recorded provider streams lie: beside the repository, never in it. */
export const FIXTURES = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url))

/** Whether the recorded streams are there; tests of them skip where they are not, and say so in their title. */
export const hasFixtures = existsSync(FIXTURES)

/** Part of the title of a suite that needs the recorded streams. */
export const NEEDS_FIXTURES = 'needs ../shared/fixtures'

/** The answers in a recorded file, named relative to the fixtures folder. */
export function recorded(path: string): readonly ReplayStep[] {
  return recordedSteps(path, readFileSync(FIXTURES + path, 'utf8'))
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { MemorySaver } from '@langchain/langgraph'

const FILE = 'checkpoints'

/** Writes the checkpoints down, so that other processes start from them as from a database. */
export function save({ storage, writes }: MemorySaver, folder: string): void {
  writeFileSync(join(folder, FILE), serialize({ storage, writes }))
}

/** The checkpoints another process wrote down, if any. */
export function restore(folder: string): MemorySaver | undefined {
  const path = join(folder, FILE)
  if (!existsSync(path)) return undefined
  return Object.assign(new MemorySaver(), deserialize(readFileSync(path)))
}

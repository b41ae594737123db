import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../failure.js'
import { governorOver } from '../target/governing.js'
import { openStore } from '../target/open-store.js'
import { databaseOf, type TargetOptions } from '../target/target.js'
import { tracked } from '../target/tracked.js'
import type { Handler } from '../tree/invocation.js'

/** Options of `audit export`. */
export interface ExportOptions extends TargetOptions {
  readonly force?: boolean
}

/** `audit export` */
export const handler: Handler<ExportOptions> = async invocation => {
  const { screen, args, options } = invocation
  const [file] = args
  const store = await openStore(databaseOf(invocation, 'the audit log'))
  let entries = 0
  try {
    await tracked(store, 'Exporting', async log => {
      const { audit } = await governorOver(log)
      const counted = async function* (): AsyncGenerator<string, void, undefined> {
        for await (const line of audit.export()) {
          entries += 1
          yield line
        }
      }
      await (file === undefined ? pipeline(counted, process.stdout, { end: false }) : toFile(counted, file, options))
    })
  } finally {
    await store.close()
  }
  if (file !== undefined) screen.result({ file, entries }, () => `Wrote ${entries} entries to ${file}.`)
  return undefined
}

/** Half of a log is none: what could not be written to its end is removed. */
async function toFile(
  lines: () => AsyncGenerator<string, void, undefined>,
  file: string,
  { force }: ExportOptions,
): Promise<void> {
  let isOurs = false
  const target = createWriteStream(file, { flags: force === true ? 'w' : 'wx', mode: 0o600 })
  target.once('open', () => {
    isOurs = true
  })
  try {
    await pipeline(lines, target)
  } catch (error) {
    if (isOurs) await rm(file, { force: true })
    if ((error as { readonly code?: unknown }).code !== 'EEXIST') throw error
    throw new Failure(
      `${file} is there already, and stays as it is.`,
      'Choose another name, or overwrite it with --force.',
    )
  }
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.js'
import type { Handler } from '../tree/invocation.js'
import { FIRST_POLICY } from './first-policy.js'

/** Options of `init`. */
export interface InitOptions {
  readonly force?: boolean
}

/** `init` */
export const handler: Handler<InitOptions> = async ({ screen, args, options }) => {
  const [file = 'countersign.yaml'] = args
  if (existsSync(file) && options.force !== true) {
    throw new Failure(
      `${file} is there already, and stays as it is.`,
      'Choose another name, or overwrite it with --force.',
    )
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, FIRST_POLICY, { flag: options.force === true ? 'w' : 'wx' })
  } catch (error) {
    throw new Failure(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const serve = file === 'countersign.yaml' ? 'countersign serve' : `countersign serve --policy ${file}`
  screen.result({ written: file, next: serve }, () => `Wrote ${file}. Change it to your tools, then:\n  $ ${serve}`)
  return undefined
}

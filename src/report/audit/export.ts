import { nodeBuiltin } from '../../node.js'
import type { AuditEntry } from '../../audit-entry.js'
import { invalid, knownKeys } from '../../check.js'
import { readJsonObject } from '../../encoding.js'
import type { SignedCheckpoint } from './checkpoint.js'
import { sealWith } from './seal.js'
import type { Verification } from './verification.js'
import type { VerifyOptions } from './verify.js'

/** Lines of text, or on Node the path of a file of them. */
export type AuditSource = string | Iterable<string> | AsyncIterable<string>

/** Options of {@link verifyAudit}. */
export interface VerifyAuditOptions extends Pick<VerifyOptions, 'publicKeys' | 'from'> {
  /** The key of the log, if it has one. */
  readonly key?: string
  /** Signed checkpoints of the log, or on Node the path of their file. */
  readonly checkpoints?: string | Iterable<SignedCheckpoint | string>
}

/** The entries as lines of JSON, each with its newline: `await writeFile(path, governor.audit.export())`. */
export async function* exportLines(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
): AsyncGenerator<string, void, undefined> {
  for await (const entry of entries) yield `${writeLine(entry)}\n`
}

/**
 * Checks an exported log; needs nothing but the lines and the keys. See {@link verifyEntries}.
 *
 * @throws GovernanceError `invalid-option` for options that are not what they should be, and for a file that cannot be read
 */
export async function verifyAudit(source: AuditSource, options: VerifyAuditOptions = {}): Promise<Verification> {
  knownKeys(options, ['key', 'checkpoints', 'publicKeys', 'from'], '')
  const { key, checkpoints, ...rest } = options
  const lines = typeof source === 'string' ? fileLines(source, 'source') : source
  const { verifyEntries } = await import('../../later.js')
  return verifyEntries(readEntries(lines) as AsyncIterable<AuditEntry>, {
    ...rest,
    seal: sealWith(key),
    ...(checkpoints === undefined ? {} : { checkpoints: await listOf(checkpoints) }),
  })
}

/** One form for one entry, so that nothing can be changed in a line without showing. */
function writeLine({ seq, previous, hash, decisionId, tenant, body, personal }: Partial<AuditEntry>): string {
  return JSON.stringify({ seq, previous, hash, decisionId, tenant, body, personal })
}

/** The entries that lines hold; a line that is not as an export writes it comes as it is, and is no entry. */
async function* readEntries(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<unknown, void, undefined> {
  for await (const line of lines) {
    const text = line.endsWith('\n') ? line.slice(0, -1) : line
    if (text === '') continue
    const entry = readJsonObject(text)
    yield entry !== undefined && writeLine(entry) === text ? entry : text
  }
}

async function listOf(
  checkpoints: string | Iterable<SignedCheckpoint | string>,
): Promise<Iterable<SignedCheckpoint | string>> {
  if (typeof checkpoints !== 'string') return checkpoints
  const lines: string[] = []
  for await (const line of fileLines(checkpoints, 'checkpoints')) if (line !== '') lines.push(line)
  return lines
}

/** The lines of a file, without reading all of it at once. */
async function* fileLines(path: string, option: string): AsyncGenerator<string, void, undefined> {
  if (/^\s*\{|\n/.test(path)) throw invalid(option, 'expected a list of lines or a path, found the text itself')
  const fs = nodeBuiltin('node:fs')
  if (fs === undefined) throw invalid(option, 'there are no files on this runtime; pass the lines')
  let rest = ''
  try {
    for await (const piece of fs.createReadStream(path, 'utf8')) {
      const lines = (rest + String(piece)).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw invalid(option, `cannot read "${path}": ${error instanceof Error ? error.message : 'no reason given'}`)
  }
  yield rest
}

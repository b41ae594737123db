import { existsSync } from 'node:fs'
import { EXIT } from '../failure.js'
import type { Screen, Style } from '../output/screen.js'
import { plain } from '../output/text.js'
import { DEFAULT_POLICY } from '../target/store-desk.js'
import { isPostgres, type TargetOptions, targetOf } from '../target/target.js'
import type { Handler } from '../tree/invocation.js'
import { checkDatabase } from './doctor-database.js'
import { checkService } from './doctor-service.js'

/** Options of `doctor`. */
export interface DoctorOptions extends TargetOptions {
  readonly policy?: string
  readonly skipAudit?: boolean
}

/** What was found about one thing. */
export interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}

const STYLES: Readonly<Record<Finding['status'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' }

/** `doctor` */
export const handler: Handler<DoctorOptions> = async invocation => {
  const { screen, options } = invocation
  const target = targetOf(invocation)
  const findings = [
    nodeVersion(),
    await policyFile(options),
    pg('database' in target && isPostgres(target.database)),
    ...('url' in target ? await checkService(target.url, options) : await checkDatabase(target, options)),
  ]
  screen.result(findings, () => findings.map(finding => line(screen, finding)).join('\n'))
  return findings.some(({ status }) => status === 'fail') ? EXIT.found : EXIT.ok
}

function line(screen: Screen, { check, status, message, advice }: Finding): string {
  const first = `${screen.style(STYLES[status], status.padEnd(4))}  ${check.padEnd(12)}  ${plain(message)}`
  return advice === undefined ? first : `${first}\n${' '.repeat(20)}${advice}`
}

function nodeVersion(): Finding {
  return { check: 'node', status: 'ok', message: `${process.version}, ${process.platform} ${process.arch}` }
}

async function policyFile({ policy: named }: DoctorOptions): Promise<Finding> {
  const file = named ?? DEFAULT_POLICY
  if (named === undefined && !existsSync(file)) {
    const advice = '`countersign init` writes one.'
    return { check: 'policy', status: 'warn', message: `no ${file} here: every call is asked about`, advice }
  }
  try {
    const { loadPolicy } = await import('countersign')
    const policy = loadPolicy(file)
    const { name, rules } = policy
    return {
      check: 'policy',
      status: 'ok',
      message: `${file}: ${name}, version ${await policy.version()}, ${rules.length} rules`,
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { check: 'policy', status: 'fail', message, advice: 'Correct the file; docs/policy.md describes it.' }
  }
}

/** Only PostgreSQL needs it. */
function pg(isNeeded: boolean): Finding {
  try {
    import.meta.resolve('pg')
    return { check: 'pg', status: 'ok', message: 'installed' }
  } catch {
    if (!isNeeded) return { check: 'pg', status: 'ok', message: 'not installed, and not needed for SQLite' }
    return { check: 'pg', status: 'fail', message: 'not installed', advice: 'Install it: npm install pg' }
  }
}

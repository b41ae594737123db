import { type Command, Option } from 'commander'
import type { ExportOptions } from '../commands/audit-export.js'
import type { VerifyOptions } from '../commands/audit-verify.js'
import type { DoctorOptions } from '../commands/doctor.js'
import type { KeyOptions } from '../commands/keys.js'
import { does } from './invocation.js'
import { examples, wholeNumber, withApprover, withAuditKey, withDatabase } from './options.js'

/** `keys create`, `list`, `revoke`, `rotate` */
export function addKeys(root: Command): void {
  const group = root.command('keys').description('keys of a decision service')
  const create = group
    .command('create')
    .description('make a key, which is shown this once')
    .argument('[label]', 'what it is for', 'default')
    .addOption(new Option('--role <role>', 'whose it is').choices(['agent', 'approver']).default('agent'))
    .option('--scope <scope...>', 'what it may do (default: all that its role may)')
    .option('--expires-in-days <number>', 'how long it holds', wholeNumber(1, 3650))
  keyCommand(create, 'create')
  examples(
    create,
    'countersign keys create support-agent --expires-in-days 90',
    'countersign keys create dana --role approver',
  )
  keyCommand(
    group.command('list').description('keys, without their secrets').option('--all', 'revoked ones too'),
    'list',
  )
  const revoke = group
    .command('revoke')
    .description('make a key worthless, and those that it made')
    .argument('<id>', 'id of the key')
  revoke.option('--reason <text>', 'why').option('--keep-made', 'the keys that were made with it stay')
  keyCommand(revoke, 'revoke')
  const rotate = group.command('rotate').description('replace a key by a new one').argument('<id>', 'id of the key')
  keyCommand(rotate, 'rotate')
}

function keyCommand(command: Command, name: 'create' | 'list' | 'revoke' | 'rotate'): void {
  does<KeyOptions>(withAuditKey(withApprover(command)), async () => ({
    handler: (await import('../commands/keys.js'))[name],
  }))
}

/** `audit verify`, `audit export` */
export function addAudit(root: Command): void {
  const group = root.command('audit').description('the log that cannot be changed unseen')
  const verify = group
    .command('verify')
    .description('check that nothing was changed, removed or put in; exits with 3 where something was')
    .option('--file <file>', 'check an exported log instead of a database')
    .option('--checkpoints <file>', 'signed checkpoints to compare it with')
    .option('--public-key <file>', 'public key of the checkpoints (PEM)')
    .option('--from-first', 'begin with whatever comes first, where older entries were let go of')
  does<VerifyOptions>(withAuditKey(withDatabase(verify)), () => import('../commands/audit-verify.js'))
  examples(verify, 'countersign audit verify', 'countersign audit verify --file audit.jsonl')
  const write = group
    .command('export')
    .description('write the log as lines of JSON')
    .argument('[file]', 'where to (default: standard output)')
    .option('--force', 'overwrite a file that is there')
  does<ExportOptions>(withDatabase(write), () => import('../commands/audit-export.js'))
  examples(write, 'countersign audit export audit.jsonl')
}

/** `doctor` */
export function addDoctor(root: Command): void {
  const doctor = root
    .command('doctor')
    .description('look for what is not as it should be; exits with 3 where something is not')
    .option('--policy <file>', 'the policy to check (default: countersign.yaml, where there is one)')
    .addOption(new Option('--skip-audit', 'do not check the audit log, which takes long where it is long'))
  does<DoctorOptions>(withAuditKey(withApprover(doctor)), () => import('../commands/doctor.js'))
}

import { type Command, Option } from 'commander'
import type { ListApprovalsOptions } from '../commands/approvals-list.js'
import type { ResolveOptions } from '../commands/approvals-resolve.js'
import type { ListDecisionsOptions } from '../commands/decisions-list.js'
import type { ReportOptions } from '../commands/outcomes-report.js'
import type { TargetOptions } from '../target/target.js'
import { does } from './invocation.js'
import { examples, json, wholeNumber, withApprover, withAuditKey, withTarget } from './options.js'

const limit = wholeNumber(1, 1000)

/** `decisions list`, `decisions show` */
export function addDecisions(root: Command): void {
  const group = root.command('decisions').description('what was decided, and what came of it')
  const list = group
    .command('list')
    .description('decisions, newest first')
    .option('--tool <name>', 'only of this tool')
    .option('--actor <name>', 'only by this actor')
    .option('--session <id>', 'only in this session')
    .addOption(
      new Option('--result <result>', 'only with this result').choices(['allowed', 'blocked', 'requires_approval']),
    )
    .option('--without-outcome', 'only those of which no outcome was reported')
    .option('--limit <number>', 'how many', limit, 20)
  does<ListDecisionsOptions>(withTarget(list), () => import('../commands/decisions-list.js'))
  examples(list, 'countersign decisions list --tool refund', 'countersign decisions list --result blocked --json')
  const show = group
    .command('show')
    .description('everything that is known of one decision')
    .argument('<id>', 'id of the decision, or of its request')
  does<TargetOptions>(withTarget(show), () => import('../commands/decisions-show.js'))
}

/** `approvals list`, `show`, `approve`, `reject` */
export function addApprovals(root: Command): void {
  const group = root.command('approvals').description('calls that wait for a person')
  const list = group
    .command('list')
    .description('requests, newest first')
    .addOption(
      new Option('--status <status>', 'only in this state')
        .choices(['pending', 'approved', 'rejected', 'expired', 'cancelled', 'consumed', 'all'])
        .default('pending'),
    )
    .option('--limit <number>', 'how many', limit, 50)
  does<ListApprovalsOptions>(withTarget(list), () => import('../commands/approvals-list.js'))
  const show = group
    .command('show')
    .description('what one request is about')
    .argument('<id>', 'id of the request, or of its decision')
  does<TargetOptions>(withTarget(show), () => import('../commands/approvals-show.js'))
  const approve = answering(group, 'approve', 'let a call run, once')
    .option('--input <json>', 'approve it with this input instead', json)
    .option('--policy <file>', 'the policy that a changed input is checked by (default: countersign.yaml)')
  does<ResolveOptions>(approve, async () => (await import('../commands/approvals-resolve.js')).answering('approved'))
  examples(
    approve,
    'countersign approvals approve 0197… --comment "customer called"',
    `countersign approvals approve 0197… --input '{"order": "1002", "amount": 90}'`,
    'countersign approvals approve 0197… --url https://decisions.example.com',
  )
  const reject = answering(group, 'reject', 'refuse a call; the model reads the comment')
  does<ResolveOptions>(reject, async () => (await import('../commands/approvals-resolve.js')).answering('rejected'))
}

function answering(group: Command, name: string, description: string): Command {
  const command = group
    .command(name)
    .description(description)
    .argument('<id>', 'id of the request, or of its decision')
    .option('--comment <text>', 'why')
    .option('--by <name>', 'who answers, on a database; never who acts (default: the name of your account)')
  return withAuditKey(withApprover(command))
}

/** `outcomes report` */
export function addOutcomes(root: Command): void {
  const group = root.command('outcomes').description('how calls turned out')
  const report = group
    .command('report')
    .description('say what the world answered')
    .argument('<id>', 'id of the decision')
    .argument('<status>', 'SUCCESS, FAILURE, FRAUD, CHURN, or a word of your own')
    .option('--description <text>', 'in words')
    .option('--details <json>', 'as data', json)
    .option('--by <name>', 'who reports it (default: the name of your account)')
    .option('--revenue-impact <amount>', 'money won, or lost where below 0', Number)
    .option('--correction-needed', 'something had to be put right')
    .option('--rollback-performed', 'it was undone')
    .option('--tag <tag...>', 'words to find it by')
  does<ReportOptions>(withAuditKey(withTarget(report)), () => import('../commands/outcomes-report.js'))
  examples(report, 'countersign outcomes report 0197… FRAUD --description "card was stolen" --revenue-impact -2500')
}

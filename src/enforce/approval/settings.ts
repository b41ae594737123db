import type { Approval, ApprovalStage, Approver } from '../../approval.js'
import { expect, invalid, knownKeys, oneOf } from '../../check.js'
import type { Awaitable, Decision, ToolCall } from '../../types.js'
import type { KeyRing, PublicKeys } from '../../ed25519.js'
import { checkPublicKeys } from '../token.js'

/** What is asked of {@link ApprovalOptions.onApprovalRequired}. */
export interface ApprovalContext {
  readonly approval: Approval
  readonly decision: Decision
  /** The call with its real arguments. */
  readonly call: ToolCall
}

/** What {@link ApprovalOptions.onApprovalRequired} answers. */
export interface CallbackResolution {
  /** `denied` is another word for `rejected`. */
  readonly resolution: 'approved' | 'rejected' | 'denied'
  readonly comment?: string
  /** Who answered. @defaultValue `onApprovalRequired` */
  readonly by?: string
}

/** How people are asked about calls that are held. */
export interface ApprovalOptions {
  /** `chat-user`: the person in the conversation may answer there, or anybody else may elsewhere. `inbox`: only somebody else may, elsewhere. @defaultValue `chat-user` */
  readonly approver?: Approver
  /** Milliseconds until a request, answered or not, counts for nothing. @defaultValue 3_600_000, an hour */
  readonly ttlMs?: number
  /** What happens when nobody answers in time: the call is refused, or `escalateTo` is asked for as long again. @defaultValue `reject` */
  readonly onExpiry?: 'reject' | 'escalate'
  /** Principals who are asked when nobody answered in time. */
  readonly escalateTo?: readonly string[]
  /** Principals who may answer. @defaultValue anybody but the actor */
  readonly approvers?: readonly string[]
  /** How many different people must approve. @defaultValue 1 */
  readonly quorum?: number
  /** Rounds of approval in their order, instead of `approvers` and `quorum`; nobody answers in two of them. */
  readonly stages?: readonly { readonly approvers?: readonly string[]; readonly quorum?: number }[]
  /** Ed25519 public keys (JWK, PEM or `CryptoKey`). With any, only signed answers count, on every channel: this process can check them, and cannot make one. */
  readonly publicKeys?: PublicKeys
  /** Milliseconds by which the signer's clock may be off. @defaultValue 60_000 */
  readonly clockSkewMs?: number
  /** Tools that an approver may turn a call of a tool into. @defaultValue none */
  readonly toolSwitches?: Readonly<Record<string, readonly string[]>>
  /** Asked at once, in this process, about each held call; the call goes on with the answer. Nothing is answered by `undefined`. */
  readonly onApprovalRequired?: (context: ApprovalContext) => Awaitable<CallbackResolution | undefined>
}

/** {@link ApprovalOptions} with every default filled in. */
export interface ApprovalSettings {
  readonly approver: Approver
  readonly ttlMs: number
  readonly onExpiry: 'reject' | 'escalate'
  readonly escalateTo: readonly string[]
  readonly stages: readonly ApprovalStage[]
  readonly publicKeys: KeyRing | undefined
  readonly clockSkewMs: number
  readonly toolSwitches: Readonly<Record<string, readonly string[]>>
  readonly onApprovalRequired: ApprovalOptions['onApprovalRequired']
}

const HOUR_MS = 3_600_000
const NAMES = 'a list of names that is not empty'

const CHECKS: Readonly<Record<keyof ApprovalOptions, (value: unknown, option: string) => void>> = {
  approver: (value, option) => oneOf(option, value, ['chat-user', 'inbox']),
  ttlMs: (value, option) => expect(isPositive(value), option, 'milliseconds above 0'),
  onExpiry: (value, option) => oneOf(option, value, ['reject', 'escalate']),
  escalateTo: (value, option) => expect(isNames(value), option, NAMES),
  approvers: (value, option) => expect(isNames(value), option, NAMES),
  quorum: (value, option) => expect(isCount(value), option, 'a whole number of 1 or more'),
  stages: (value, option) => {
    expect(Array.isArray(value) && value.length > 0, option, 'a list of { approvers?, quorum? } that is not empty')
    for (const [index, stage] of (value as readonly unknown[]).entries()) checkStage(stage, `${option}.${index}`)
  },
  publicKeys: (value, option) => checkPublicKeys(value as PublicKeys, option),
  clockSkewMs: (value, option) => expect(typeof value === 'number' && value >= 0, option, 'milliseconds of 0 or more'),
  toolSwitches: (value, option) => {
    expect(typeof value === 'object' && value !== null, option, 'lists of tool names by tool name')
    for (const [tool, targets] of Object.entries(value)) expect(isNames(targets), `${option}.${tool}`, NAMES)
  },
  onApprovalRequired: (value, option) => expect(typeof value === 'function', option, 'a function'),
}

/**
 * Checks the option `approvals` and fills in the defaults.
 *
 * @throws GovernanceError `invalid-option`
 */
export function approvalSettings(options: ApprovalOptions = {}, place = 'approvals'): ApprovalSettings {
  expect(typeof options === 'object' && options !== null, place, 'an object of options')
  knownKeys(options, Object.keys(CHECKS), place)
  for (const [option, check] of Object.entries(CHECKS)) {
    const value: unknown = options[option as keyof ApprovalOptions]
    if (value !== undefined) check(value, `${place}.${option}`)
  }
  const { onExpiry = 'reject', escalateTo = [], publicKeys } = options
  if (onExpiry === 'escalate' && escalateTo.length === 0)
    throw invalid(`${place}.escalateTo`, `expected ${NAMES}, because \`onExpiry\` is "escalate"`)
  return {
    approver: options.approver ?? 'chat-user',
    ttlMs: options.ttlMs ?? HOUR_MS,
    onExpiry,
    escalateTo,
    stages: stagesOf(options, place),
    publicKeys: publicKeys === undefined ? undefined : checkPublicKeys(publicKeys, `${place}.publicKeys`),
    clockSkewMs: options.clockSkewMs ?? 60_000,
    toolSwitches: options.toolSwitches ?? {},
    onApprovalRequired: options.onApprovalRequired,
  }
}

/** The rounds of approval, in their order. */
function stagesOf({ approvers, quorum, stages }: ApprovalOptions, place: string): readonly ApprovalStage[] {
  if (stages !== undefined && (approvers ?? quorum) !== undefined)
    throw invalid(`${place}.stages`, 'expected either `stages`, or `approvers` and `quorum`')
  if (stages === undefined) return [stageOf(approvers, quorum, `${place}.quorum`)]
  return stages.map((stage, index) => stageOf(stage.approvers, stage.quorum, `${place}.stages.${index}.quorum`))
}

function stageOf(approvers: readonly string[] | undefined, quorum = 1, place: string): ApprovalStage {
  if (approvers === undefined) return { quorum }
  const { size } = new Set(approvers)
  if (size < quorum) throw invalid(place, `expected at most ${size}, as many as there are \`approvers\``)
  return { approvers, quorum }
}

function checkStage(stage: unknown, place: string): void {
  expect(typeof stage === 'object' && stage !== null, place, '{ approvers?, quorum? }')
  knownKeys(stage, ['approvers', 'quorum'], place)
  const { approvers, quorum } = stage as { readonly approvers?: unknown; readonly quorum?: unknown }
  if (approvers !== undefined) expect(isNames(approvers), `${place}.approvers`, NAMES)
  if (quorum !== undefined) expect(isCount(quorum), `${place}.quorum`, 'a whole number of 1 or more')
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(name => typeof name === 'string' && name !== '')
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value < Number.MAX_SAFE_INTEGER
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1
}

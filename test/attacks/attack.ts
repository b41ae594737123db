import type { Chat } from './ai-sdk/chat.ts'
import type { Thread } from './langchain/thread.ts'

/** Something that really happened, because a tool ran: `paid 5000`. */
export type Effect = string

/** What the application allows, in words that every side can be told. Payments over 100 are asked about, wiping never happens. */
export interface DeskPolicy {
  /** Larger payments are refused without asking. @defaultValue none are */
  readonly refuseAbove?: number
  /** What may be paid in one session. @defaultValue no limit */
  readonly budget?: number
  /** The application's own code in the policy throws. */
  readonly isBroken?: true
}

/** What an attack starts from. */
export interface Setup {
  readonly policy?: DeskPolicy
  /** Who is asked: the person in the conversation, or somebody elsewhere. @defaultValue `chat-user` */
  readonly approver?: 'chat-user' | 'inbox'
  /** Somebody elsewhere approves whatever is asked there, at once. */
  readonly isApprovedElsewhere?: true
  /** The application's code that asks a person throws. */
  readonly isAskingBroken?: true
}

/** How an attack ends. */
export interface Ending {
  /** Sorted. */
  readonly ran: readonly Effect[]
  /** What the requests that failed as a whole said, in part. @defaultValue none failed */
  readonly failed?: readonly string[]
}

/** Why there is nothing to run. */
export interface NotApplicable {
  readonly because: string
}

/** One attack on one framework: the same steps on every side. */
export interface Trial<SERVER> {
  readonly setup?: Setup
  readonly attempt: (server: SERVER) => Promise<unknown>
  /** What the framework alone lets happen today. */
  readonly bare: Ending | NotApplicable
  /** The same with `experimental_toolApprovalSecret`. @defaultValue `bare` */
  readonly signed?: Ending
  /** What should happen, and does behind a governor: each effect once, or not at all. */
  readonly ours: Ending
}

/** A row of the table. */
export interface Attack {
  /** The name of its file. */
  readonly id: string
  readonly title: string
  /** It takes several processes; a store in memory is no use to them. */
  readonly takesProcesses?: true
  readonly aiSdk: Trial<Chat> | NotApplicable
  readonly langchain: Trial<Thread> | NotApplicable
}

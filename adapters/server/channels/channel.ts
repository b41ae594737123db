/** A request that waits for a person, as people are told of it. */
export interface Notice {
  /** The same in all attempts to tell of it. */
  readonly id: string
  readonly approvalId: string
  readonly tool: string
  readonly value?: number
  readonly target?: string
  readonly actor: string
  readonly user?: string
  readonly tenant?: string
  readonly sessionId?: string
  /** Why it is held. */
  readonly reason: string
  /** Epoch milliseconds: until then an answer counts. */
  readonly expiresAt: number
  /** Epoch milliseconds of this attempt to tell of it. */
  readonly sentAt: number
  /** 1 for the first. */
  readonly attempt: number
  /** Where it is shown. It shows and never answers. */
  readonly link?: string
}

/** A way to people. `slackChannel`, `emailChannel` and `webhookChannel` make some; yours may be another. */
export interface Channel {
  /** Different for each channel of a server, and the same in all servers on one store. */
  readonly name: string
  /** Only requests of this tenant. @defaultValue those of all tenants */
  readonly tenant?: string
  /**
   * Tells people. Rejects where that failed: then it is tried again. What HTTP answered, where it is HTTP.
   *
   * @param signal aborts when it takes too long
   */
  readonly send: (notice: Notice, signal: AbortSignal) => Promise<number | undefined>
  /** Tells them, once, that a request waits no more. @defaultValue they are not told */
  readonly followUp?: (ending: Ending, signal: AbortSignal) => Promise<number | undefined>
}

/** A request that waits no more, as people are told of it. */
export interface Ending extends Pick<Notice, 'approvalId' | 'tool' | 'tenant' | 'sentAt' | 'attempt'> {
  /** The same in all attempts to tell of it. */
  readonly id: string
  /** `id` of the notice of the request. */
  readonly noticeId: string
  readonly status: 'approved' | 'rejected' | 'expired' | 'cancelled'
  /** Who answered; nobody, where it expired. */
  readonly by?: string
  readonly comment?: string
}

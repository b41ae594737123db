import type { Details } from './answers.js'

/** A request to a person. */
export interface ApprovalItem {
  readonly requestId?: string
  readonly ruleId?: string
  readonly validationId?: string
  readonly action?: string
  readonly actor?: string
  readonly value?: number | null
  /** `pending`, `approved` or `denied`. */
  readonly status?: string
  readonly resolution?: string
  readonly createdAt?: string
  readonly [field: string]: unknown
}

/** What is stopped. */
export interface KillSwitchStatus {
  readonly isActive?: boolean
  readonly activeSwitches?: readonly ({ readonly id?: string } & Details)[]
  readonly [field: string]: unknown
}

/** A switch that was turned on or off. */
export interface KillSwitchChange {
  readonly switchId?: string
  readonly success?: boolean
  readonly [field: string]: unknown
}

/** A connection that an agent keeps open. */
export interface LiveConnection {
  readonly connectionId?: string
  readonly agentId?: string
  readonly currentConnections?: number
  readonly maxConnections?: number
  readonly ttlSeconds?: number
  readonly heartbeatIntervalSeconds?: number
  readonly status?: string
  readonly [field: string]: unknown
}

/** A webhook. */
export interface WebhookInfo {
  readonly webhookId?: string
  readonly url?: string
  readonly label?: string
  readonly events?: readonly string[]
  readonly isActive?: boolean
  readonly createdAt?: string
  readonly [field: string]: unknown
}

/** A key that was just made. */
export interface NewApiKey {
  /** The secret, shown this once. */
  readonly key?: string
  readonly keyId?: string
  readonly keyPrefix?: string
  readonly label?: string
  readonly scopes?: readonly string[]
  readonly createdAt?: string
  readonly expiresAt?: string | null
  readonly [field: string]: unknown
}

/** Tokens of a person. */
export interface Tokens {
  readonly tokenType?: string
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly userId?: string | number
  readonly role?: string
  readonly [field: string]: unknown
}

import type { KillSwitchScope } from 'countersign'

/** What a switch stops, in the words of the wire. */
export function writtenScope({ tool, domain, rule }: KillSwitchScope) {
  const scope = rule !== undefined ? 'rule' : domain !== undefined ? 'domain' : tool !== undefined ? 'tool' : 'global'
  return { scope, tool: tool ?? null, domain: domain ?? null, rule_id: rule ?? null }
}

/** A policy to begin with: every kind of rule once, in few words. */
export const FIRST_POLICY = `# What the agent may do by itself, what a person is asked, and what never happens.
# A deny goes over a question, and a question over an allow. A call that no rule speaks of is asked about, unless its
# tool is annotated as one that only reads.
version: 1
name: first-policy

rules:
  # Tools that only read need nobody.
  - id: read-freely
    annotations: { readOnly: true }
    effect: allow
    reason: reading changes nothing

  # Small amounts go through …
  - id: small-refund
    tools: [refund]
    when: { input.amount: { lte: 100 } }
    effect: allow
    reason: 'a refund of {input.amount} is small'

  # … and a person is asked about the others.
  - id: big-refund
    tools: [refund]
    when: { input.amount: { gt: 100 } }
    effect: require_approval
    reason: 'a refund of {input.amount} is over 100'

  # At most so much a day, however it is cut up. The value of a call is said by the profile of its tool.
  - id: daily-cap
    tools: ['refund*']
    limit: { sum: value, per: actor, window: 24h, max: 5000 }
    effect: deny

  # An agent that runs in circles is stopped.
  - id: velocity
    limit: { count: calls, per: session, window: 1m, max: 30 }
    effect: require_approval

  # Never, in any mode.
  - id: no-sql-drop
    tools: [run_sql]
    when: { input.query: { matches: '/\\b(drop|truncate|delete)\\b/i' } }
    effect: deny
    hard: true
    reason: the agent does not destroy data
`

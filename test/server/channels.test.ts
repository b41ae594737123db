import type { AddressInfo } from 'node:net'
import { generateApprovalKeys, memoryStore, signResolution } from 'countersign'
import { verifyWebhook } from 'countersign/client'
import { type Channel, emailChannel, slackChannel, verifyLink, webhookChannel } from 'countersign/server'
import * as fc from 'fast-check'
import { SMTPServer } from 'smtp-server'
import { describe, expect, it, vi } from 'vitest'
import { mailOf } from '../../adapters/server/channels/mail.ts'
import { slackMessage } from '../../adapters/server/channels/slack.ts'
import { receiver } from './receiver.ts'
import { serve, type Served } from './support.ts'

const WAIT = { timeout: 10_000 }
const SECRET = 'a secret of more than 32 characters, for links'
const INBOX = { origin: 'https://approvals.example.com', secret: SECRET }
const NOTICE = {
  id: 'dlv_1',
  approvalId: 'a1',
  tool: 'refund',
  value: 900,
  target: 'order 1002',
  actor: 'bot',
  reason: 'over 100',
  expiresAt: Date.UTC(2026, 0, 5, 13),
  sentAt: Date.UTC(2026, 0, 5, 12),
  attempt: 1,
} as const

const inOrder = (a: string, b: string): number => a.localeCompare(b)

/** Holds a refund. */
async function hold({ server }: Served, target = 'order 1002') {
  const input = { value: 900, target, iban: 'DE00 secret' }
  const { decision } = await server.governor.run({ id: target, name: 'refund', input }, () => 'paid')
  const approval = await server.governor.approvals.get(decision.approvalId ?? '')
  if (approval === undefined) throw new Error('nothing is held')
  return { approval, decision, input }
}

/** A mail server on loopback that takes what it is given; `refuse` says with which code it does not. */
async function mailServer(refuse: () => number | undefined = () => undefined) {
  const mails: string[] = []
  const envelopes: string[][] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, session, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const code = refuse()
        if (code !== undefined) return done(Object.assign(new Error('no'), { responseCode: code }))
        mails.push(Buffer.concat(parts).toString())
        envelopes.push(session.envelope.rcptTo.map(({ address }) => address))
        return done()
      })
    },
  })
  await new Promise<void>(ready => {
    server.listen(0, '127.0.0.1', ready)
  })
  const { port } = server.server.address() as AddressInfo
  const close = () =>
    new Promise<void>(done => {
      server.close(() => done())
    })
  return { mails, envelopes, smtp: { host: '127.0.0.1', port }, [Symbol.asyncDispose]: close }
}

describe('channels', () => {
  it('tell a chat of what is held: what, how much, to whom, who, why, until when, and where to look', async () => {
    await using chat = await receiver()
    await using service = serve({ channels: [slackChannel({ url: chat.url, allowLoopback: true })], inbox: INBOX })
    const { approval } = await hold(service)
    await vi.waitFor(() => expect(chat.received).toHaveLength(1), WAIT)
    const payload = chat.received[0]?.payload ?? ''
    for (const said of ['refund', '900', 'order 1002', 'over 100', approval.actor, 'UTC'])
      expect(payload).toContain(said)
    expect(payload).not.toContain('DE00')
    const link = /https:\/\/approvals\.example\.com\/inbox\/links\/([\w.-]+)/.exec(payload)
    expect(verifyLink(link?.[1] ?? '', SECRET, service.clock.now())).toEqual({
      approvalId: approval.id,
      expiresAt: approval.expiresAt,
    })
    // What the link leads to shows, and answers nothing.
    const page = await service.server.app.request(new URL(link?.[0] ?? '').pathname)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('order 1002')
    expect(await service.server.governor.approvals.get(approval.id)).toMatchObject({ status: 'pending' })
  })

  it('tell people by mail, in text and in a page', async () => {
    await using mail = await mailServer()
    const to = ['Ada <ada@example.org>', 'grace@example.org']
    const channel = emailChannel({ smtp: mail.smtp, from: 'countersign <noreply@example.org>', to })
    await using service = serve({ channels: [channel], inbox: INBOX })
    await hold(service)
    await vi.waitFor(() => expect(mail.mails).toHaveLength(1), WAIT)
    expect(mail.envelopes).toEqual([['ada@example.org', 'grace@example.org']])
    const [sent = ''] = mail.mails
    expect(sent).toContain('Subject: refund waits for an answer')
    expect(sent).toContain('How much: 900')
    expect(sent).toContain('text/html')
    expect(sent).not.toContain('DE00')
  })

  it('try again where a mail server has no time, and give up where it does not want the mail', async () => {
    const codes = [451, undefined, 550]
    await using mail = await mailServer(() => codes.shift())
    const channel = emailChannel({ smtp: mail.smtp, from: 'a@example.org', to: 'b@example.org' })
    const store = memoryStore()
    await using service = serve({ store, channels: [channel], inbox: false })
    const settled = (...expected: readonly string[]) =>
      vi.waitFor(async () => {
        const all = await store.listDocuments({ kind: 'delivery' }, service.clock.now())
        const bodies = all.map(({ body }) => JSON.parse(body ?? '') as { status: string })
        expect(bodies.map(({ status }) => status).toSorted(inOrder)).toEqual(expected)
      }, WAIT)
    await hold(service, 'one')
    await settled('retrying')
    service.clock.advance(10_000)
    await settled('delivered')
    await hold(service, 'two')
    await settled('dead', 'delivered')
    expect(mail.mails).toHaveLength(1)
  })

  it('tell a program, signed as webhooks are', async () => {
    await using target = await receiver()
    const channel = webhookChannel({ url: target.url, secret: 'whsec_pager', allowLoopback: true })
    await using service = serve({ channels: [channel], inbox: INBOX })
    const { approval } = await hold(service)
    await vi.waitFor(() => expect(target.received).toHaveLength(1), WAIT)
    const [{ headers, payload }] = target.received as [(typeof target.received)[number]]
    const given = { signature: String(headers['x-signature']), timestamp: String(headers['x-timestamp']) }
    expect(await verifyWebhook({ payload, ...given, secret: 'whsec_pager', now: service.clock.now() })).toEqual({
      valid: true,
    })
    expect(JSON.parse(payload)).toMatchObject({ event: 'approval.requested', approvalId: approval.id, tool: 'refund' })
  })

  it('are each told once of a request, by two servers on one store as by one', async () => {
    const told: string[] = []
    const channel = (name: string): Channel => ({
      name,
      send: ({ approvalId }) => {
        told.push(`${name} ${approvalId}`)
        return Promise.resolve(undefined)
      },
    })
    const store = { ...memoryStore(), close: () => undefined }
    const channels = [channel('chat'), channel('pager')]
    await using one = serve({ store, channels, inbox: false })
    await using two = serve({ store, channels, inbox: false, clock: one.clock })
    const { approval } = await hold(one)
    await hold(two)
    await vi.waitFor(() => expect(told).toHaveLength(2), WAIT)
    one.clock.advance(5000)
    await one.server.governor.approvals.list()
    expect(told.toSorted(inOrder)).toEqual([`chat ${approval.id}`, `pager ${approval.id}`])
  })

  it('follow up once when a request was answered: by whom, and what was said', async () => {
    await using chat = await receiver()
    await using service = serve({ channels: [slackChannel({ url: chat.url, allowLoopback: true })], inbox: INBOX })
    const { approval } = await hold(service)
    await vi.waitFor(() => expect(chat.received).toHaveLength(1), WAIT)
    const answer = { resolution: 'approved', by: 'dana', comment: 'fine <!channel>' } as const
    await service.server.governor.approvals.resolve(approval.id, answer)
    await vi.waitFor(() => expect(chat.received).toHaveLength(2), WAIT)
    const { text } = JSON.parse(chat.received[1]?.payload ?? '') as { text: string }
    expect(text).toBe('refund: approved by dana: fine &lt;!channel&gt;')
    // Used up, and looked at again: it is told of once.
    await service.server.governor.run(
      { id: 'order 1002', name: 'refund', input: { value: 900, target: 'order 1002', iban: 'DE00 secret' } },
      () => 'paid',
    )
    service.clock.advance(60_000)
    await hold(service, 'another')
    await vi.waitFor(() => expect(chat.received).toHaveLength(3), WAIT)
    expect(chat.received[2]?.payload).toContain('another')
  })

  it('follow up when nobody answered in time, though nobody looks', async () => {
    const told: string[] = []
    const channel: Channel = {
      name: 'chat',
      send: () => Promise.resolve(undefined),
      followUp: ({ tool, status, by }) => Promise.resolve(told.push(`${tool} ${status} ${by}`)).then(() => undefined),
    }
    await using service = serve({ channels: [channel], inbox: false, approvals: { ttlMs: 120_000 } })
    await hold(service)
    await vi.waitFor(() => {
      service.clock.advance(30_000)
      expect(told).toEqual(['refund expired undefined'])
    }, WAIT)
  })

  it('follow up by mail in reply to the mail that asked', async () => {
    await using mail = await mailServer()
    const channel = emailChannel({ smtp: mail.smtp, from: 'a@example.org', to: 'b@example.org' })
    await using service = serve({ channels: [channel], inbox: false })
    const { approval } = await hold(service)
    await vi.waitFor(() => expect(mail.mails).toHaveLength(1), WAIT)
    await service.server.governor.approvals.resolve(approval.id, { resolution: 'rejected', by: 'dana' })
    await vi.waitFor(() => expect(mail.mails).toHaveLength(2), WAIT)
    const id = /^Message-ID: (<[^>]+>)/im.exec(mail.mails[0] ?? '')?.[1] ?? 'none'
    expect(mail.mails[1]).toContain(`In-Reply-To: ${id}`)
    expect(mail.mails[1]).toContain('Subject: Re: refund waits for an answer')
    expect(mail.mails[1]).toContain('refund: rejected by dana')
  })

  it('hear of one tenant only, where they are for one', async () => {
    const told: (string | undefined)[] = []
    const channel: Channel = {
      name: 'acme',
      tenant: 'acme',
      send: ({ tenant }) => Promise.resolve(told.push(tenant)).then(() => undefined),
    }
    await using service = serve({ channels: [channel], inbox: false })
    await hold(service)
    const acme = service.server.governor.session({ tenant: 'acme' })
    await acme.run({ id: 'a', name: 'refund', input: { value: 900 } }, () => 'paid')
    await vi.waitFor(() => expect(told).toEqual(['acme']), WAIT)
  })

  it('are refused where they could not work', () => {
    const chat = slackChannel({ url: 'https://hooks.example.com/x' })
    expect(() => serve({ channels: [chat, chat], inbox: INBOX })).toThrow('two are named "slack"')
    expect(() => serve({ channels: [chat] })).toThrow('set `inbox: { origin, secret }`')
    expect(() => webhookChannel({ url: 'https://example.com', secret: '' })).toThrow('`secret`')
    const mail = { smtp: { host: 'localhost' }, from: 'a@example.org', to: 'b@example.org' }
    expect(() => emailChannel({ ...mail, to: [] })).toThrow('`to`')
    expect(() => emailChannel({ ...mail, from: 'a@example.org\r\nBcc: x@example.org' })).toThrow('`from`')
  })
})

describe('what channels say', () => {
  it('calls nobody, links nowhere and hides nothing in a chat', () => {
    const target = '<!here> <https://evil.example|bank> @channel *bold* \u202Egnp.exe'
    const message = slackMessage({ ...NOTICE, target, link: 'https://approvals.example.com/inbox/links/x' })
    expect(message.text).toContain('&lt;!here&gt;')
    expect(message.text).not.toMatch(/<!|<https:\/\/evil|@channel|\u202E/)
    expect(message.text).toContain('[U+202E]')
    expect(JSON.stringify(message.blocks)).not.toMatch(/@channel|\u202E/)
    expect(JSON.stringify(message.blocks)).toContain('Look closely')
  })

  it('puts nothing of a call into mrkdwn, or into the headers and the markup of a mail', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('<script>x</script>', 'x\r\nBcc: evil@example.org', '</td><a href="x">', '`*_~', '<@U123>'),
    )
    fc.assert(
      fc.property(hostile, hostile, hostile, (tool, target, reason) => {
        const notice = { ...NOTICE, tool, target, reason }
        const message = slackMessage(notice)
        const blocks = message.blocks as readonly { readonly fields?: readonly { type: string; text: string }[] }[]
        const marked = blocks.flatMap(({ fields = [] }) => fields.filter(({ type }) => type === 'mrkdwn'))
        expect(marked.every(({ text: name }) => /^\*[A-Z][a-z ]+\*$/.test(name))).toBe(true)
        expect(message.text).not.toMatch(/[<>]/)
        const { subject, html } = mailOf(notice)
        expect(subject).not.toMatch(/[\r\n]/)
        expect(html.replaceAll(/<\/?(?:p|strong|table|tr|td|th align="left"|th)>/g, '')).not.toMatch(/[<>]/)
      }),
    )
  })
})

describe('answers by signed token', () => {
  const answer = async (
    { approval, token = {} }: { approval: { id: string; digest: string }; token?: object },
    key: Awaited<ReturnType<typeof generateApprovalKeys>>['privateKey'],
  ) =>
    signResolution(
      { approvalId: approval.id, digest: approval.digest, resolution: 'approved', by: 'grace', ...token },
      key,
      { clock: { now: () => Date.UTC(2026, 0, 5, 12) } },
    )

  it('count once, without any other credential', async () => {
    const { publicKey, privateKey } = await generateApprovalKeys()
    await using service = serve({ approvals: { publicKeys: [publicKey] } })
    const { approval } = await hold(service)
    const token = await answer({ approval }, privateKey)
    const contrary = await service.ask('POST /approvals/by-token', { token, resolution: 'denied' }, { key: '' })
    expect(contrary.status).toBe(422)
    const given = await service.ask('POST /approvals/by-token', { token, resolution: 'approved' }, { key: '' })
    expect(given.body).toMatchObject({ status: 'approved', resolved_by: 'grace', approval_id: approval.id })
    expect((await service.ask('POST /approvals/by-token', { token }, { key: '' })).status).toBe(409)
  })

  it('count for nothing where somebody else signed them, nor as a GET, nor as the token of a link', async () => {
    const [{ publicKey }, foreign] = [await generateApprovalKeys(), await generateApprovalKeys()]
    const told: (string | undefined)[] = []
    const channel: Channel = {
      name: 'test',
      send: ({ link }) => Promise.resolve(told.push(link)).then(() => undefined),
    }
    await using service = serve({ approvals: { publicKeys: [publicKey] }, channels: [channel], inbox: INBOX })
    const { approval } = await hold(service)
    const forged = await answer({ approval }, foreign.privateKey)
    expect((await service.ask('POST /approvals/by-token', { token: forged }, { key: '' })).status).toBe(403)
    await vi.waitFor(() => expect(told).toHaveLength(1), WAIT)
    const link = told[0]?.split('/').at(-1) ?? ''
    expect((await service.ask('POST /approvals/by-token', { token: link }, { key: '' })).status).toBe(422)
    expect((await service.ask(`GET /approvals/by-token?token=${forged}`, undefined, { key: '' })).status).toBe(405)
    expect(await service.server.governor.approvals.get(approval.id)).toMatchObject({ status: 'pending' })
  })
})

// npm run try:readme [-- --here]
// What the README promises a new user, done as one would do it: from a clone to a refund that is approved on the page, in a
// real Chromium, and how long that takes. `--here` leaves clone and installation out, and uses this checkout in another directory.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const MOST_SECONDS = 180
const SERVE = 'npm run countersign -- serve'
const DEMO = 'npm run countersign -- demo'

const repository = fileURLToPath(new URL('..', import.meta.url))
const isHere = process.argv.includes('--here')
const browserPath = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  path => path !== undefined && existsSync(path),
)
const readme = readFileSync(join(repository, 'README.md'), 'utf8')
for (const command of ['npm ci', SERVE, DEMO]) {
  if (!readme.includes(command)) throw new Error(`README.md does not say "${command}"`)
}
if (browserPath === undefined) throw new Error('There is no Chromium here: name one in CHROMIUM.')

const folder = mkdtempSync(join(tmpdir(), 'countersign-try-'))
const running: ChildProcess[] = []
const startedAt = performance.now()
const note = (what: string): void => {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${what}`)
}

/** Starts a command in a process group of its own, as npm starts others. */
function start(command: string, cwd: string): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn('sh', ['-c', command], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  return { child, said: () => said }
}

async function run(command: string, cwd: string): Promise<void> {
  const { child, said } = start(command, cwd)
  const code = await new Promise(resolve => child.once('close', resolve))
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}: ${said()}`)
  note(command)
}

/** Waits until a command has said something. */
async function saying(said: () => string, what: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = what.exec(said())
    if (found !== null) return found
    if (performance.now() - startedAt > MOST_SECONDS * 1000) throw new Error(`it never said ${String(what)}: ${said()}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

try {
  const clone = isHere ? repository : join(folder, 'countersign')
  if (!isHere) {
    await run(`git clone --quiet --depth 1 "file://${repository}" "${clone}"`, folder)
    await run('npm ci', clone)
  }
  const at = isHere ? ` --database ${join(folder, 'try.db')}` : ''
  const service = start(`${SERVE}${at}${isHere ? ' --port 0' : ''}`, clone)
  const [, inbox = ''] = await saying(service.said, /Inbox:\s+(\S+)/)
  const [, key = ''] = await saying(service.said, /Approver key:\s+(\S+)/)
  note(SERVE)
  // No terminal is here to wait for: that is said in so many words.
  const demo = start(`${DEMO}${at} --wait`, clone)
  await saying(demo.said, /Waiting for the answer/)
  note(DEMO)
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.goto(inbox)
  await page.getByLabel('Key of an approver').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('article', { name: 'refund' }).getByRole('button', { name: 'Approve' }).click()
  await page.getByText('refund: approved by').waitFor()
  note('approved on the page')
  await saying(demo.said, /Refund 2500 for order 1002 +executed/)
  note('the refund was executed')
  await browser.close()
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${seconds.toFixed(1)} s in all (at most ${MOST_SECONDS} s)`)
  if (seconds > MOST_SECONDS) process.exitCode = 1
} finally {
  for (const { pid, exitCode } of running) {
    try {
      if (exitCode === null && pid !== undefined) process.kill(-pid, 'SIGTERM')
    } catch {
      // It is gone.
    }
  }
  rmSync(folder, { recursive: true, force: true })
}

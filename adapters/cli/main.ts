#!/usr/bin/env node
// Read by every version of Node that knows modules: nothing newer may be imported before the version is known.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `countersign needs Node.js 22.13 or newer; this is ${process.version}. Install it from nodejs.org\n`,
  )
  process.exitCode = 1
} else {
  const { run } = await import('./run.js')
  process.exitCode = await run(process.argv.slice(2))
}

// Runs every example; each checks itself and fails by its exit code.
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'

for (const example of globSync('examples/*/main.ts').toSorted()) {
  console.log(`\n# ${example}`)
  execFileSync(process.execPath, [example], { stdio: 'inherit' })
}

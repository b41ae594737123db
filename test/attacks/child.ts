// One of several processes: gets ready, waits for the word, sends one request, and goes.
import { once } from 'node:events'
import { openChat } from './ai-sdk/chat.ts'
import { openThread, resume } from './langchain/thread.ts'
import type { Job } from './processes.ts'
import { openWorld } from './world.ts'

const { side, setup, folder, dies, task } = JSON.parse(process.argv[2] ?? '') as Job
const world = openWorld(side, setup, { folder, dies })

async function ready(): Promise<void> {
  process.send?.('ready')
  await once(process, 'message')
}

if (task.framework === 'aiSdk') {
  const chat = await openChat(world)
  await ready()
  await chat.post(task.history)
  await chat.close()
} else {
  const thread = await openThread(world)
  await ready()
  await thread.send(resume(...task.answers))
  await thread.close()
}
process.disconnect()

// Mercurius as its documentation shows subscriptions, with its JIT: mercurius.mjs PORT
import { readFile } from 'node:fs/promises'
import Fastify from 'fastify'
import mercurius from 'mercurius'

import { now } from './clock.mjs'

const TOPIC = 'STATUS_TRANSITIONS'
const app = Fastify()

app.register(mercurius, {
  schema: await readFile(new URL('./transitions.graphql', import.meta.url), 'utf8'),
  resolvers: {
    Query: { ready: () => true },
    Mutation: {
      publish: async (_root, { transition }, { pubsub }) => {
        const published = now()
        await pubsub.publish({ topic: TOPIC, payload: { statusTransitions: transition } })
        return published
      },
    },
    Subscription: {
      statusTransitions: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe(TOPIC) },
    },
  },
  jit: 1,
  subscription: true,
})

await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 })

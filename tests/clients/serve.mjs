// The reference servers of both protocols on one address, for the kit in tests/protocol to be tried on: serve.mjs PORT
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'

import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { createHandler } from 'graphql-sse/lib/use/http'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

async function* ticks() {
  for (let tick = 0; tick < 3; tick++) {
    await setTimeout(50)
    yield { ticks: tick }
  }
}

// Not an async generator: `return` of one that waits would itself wait for ever.
function silence() {
  let end
  const never = new Promise((resolve) => (end = () => resolve({ done: true, value: undefined })))
  return { next: () => never, return: () => (end(), never), throw: () => never, [Symbol.asyncIterator]: () => silence() }
}

async function* breaks() {
  yield { breaks: 0 }
  throw new Error('broken')
}

const slow = () => setTimeout(200, 'at last')
const streams = { ticks, silence, breaks }
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { slow: { type: GraphQLString, resolve: slow } } }),
  mutation: new GraphQLObjectType({ name: 'Mutation', fields: { note: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: Object.fromEntries(
      Object.entries(streams).map(([name, subscribe]) => [name, { type: GraphQLInt, subscribe }]),
    ),
  }),
})

const server = createServer(createHandler({ schema }))
useServer(
  {
    schema,
    connectionInitWaitTimeout: 1000,
    onConnect: ({ connectionParams }) => connectionParams?.authorization !== 'refused',
  },
  new WebSocketServer({ server, path: '/graphql' }),
)
server.listen(Number(process.argv[2]), '127.0.0.1')
// A client that left while something was written to it is no reason to end.
process.on('unhandledRejection', () => {})

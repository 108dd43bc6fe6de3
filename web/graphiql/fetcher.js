// How operations reach the server: queries and mutations by HTTP, subscriptions by one websocket.
import { createGraphiQLFetcher } from '@graphiql/toolkit'
import { Kind, parse } from 'graphql'
import { createClient } from 'graphql-ws'

const LONGEST_WAIT_MS = 30_000

export const socket = createClient({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  lazy: true,
  keepAlive: 10_000,
  retryAttempts: Infinity,
  // A server that is starting again refuses connections, which graphql-ws alone would take for the end.
  shouldRetry: () => true,
  // Half of each wait is random, so that pages cut off together do not come back together.
  retryWait: (attempt) => {
    const wait = Math.min(1000 * 2 ** attempt, LONGEST_WAIT_MS)
    return new Promise((resolve) => setTimeout(resolve, (wait * (1 + Math.random())) / 2))
  },
})

const send = createGraphiQLFetcher({ url: '/graphql', wsClient: socket, enableIncrementalDelivery: false })

export function fetcher(params, options) {
  // Just after a change of tabs GraphiQL still names the operation of the tab before.
  const documentAST = parse(params.query)
  const names = documentAST.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).map(({ name }) => name?.value)
  const operationName = names.includes(params.operationName) ? params.operationName : names[0]
  return send({ ...params, operationName }, { ...options, documentAST })
}

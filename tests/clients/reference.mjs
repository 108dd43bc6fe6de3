// Runs one operation with a protocol's own client and prints what it sees as lines of JSON; after a reconnection it goes
// on behind the last cursor: reference.mjs graphql-ws|graphql-sse URL AUTHORIZATION QUERY [VARIABLES]
import { createClient as createStreamClient } from 'graphql-sse'
import { createClient as createSocketClient } from 'graphql-ws'
import { WebSocket } from 'ws'

const [protocol, url, authorization, query, variables = '{}'] = process.argv.slice(2)
const request = { query, variables: JSON.parse(variables) }

const print = (line) => console.log(JSON.stringify(line))
const soon = () => new Promise((go) => setTimeout(go, 50))
const on = {
  connected: () => print({ connected: true }),
  closed: ({ code, reason }) => print({ closed: [code, reason] }),
}
const clients = {
  'graphql-ws': () =>
    createSocketClient({
      url,
      on,
      webSocketImpl: WebSocket,
      connectionParams: authorization ? { authorization } : undefined,
      retryWait: soon,
    }),
  'graphql-sse': () =>
    createStreamClient({
      url,
      on: { connected: on.connected },
      headers: authorization ? { authorization } : undefined,
      retry: soon,
    }),
}

clients[protocol]().subscribe(request, {
  next(result) {
    const cursor = result.data?.statusTransitions?.cursor
    if (cursor) request.variables.after = cursor
    print({ next: result })
  },
  error(error) {
    print({ error: Array.isArray(error) ? error : String(error.reason || error.message || error) })
  },
  complete() {
    print({ complete: true })
  },
})

// GraphQL Yoga with graphql-ws as its documentation shows them together: yoga.mjs PORT
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'

import { now } from './clock.mjs'

const TOPIC = 'statusTransitions'
const pubSub = createPubSub()

const yoga = createYoga({
  graphiql: false,
  schema: createSchema({
    typeDefs: await readFile(new URL('./transitions.graphql', import.meta.url), 'utf8'),
    resolvers: {
      Query: { ready: () => true },
      Mutation: {
        publish: (_root, { transition }) => {
          const published = now()
          pubSub.publish(TOPIC, transition)
          return published
        },
      },
      Subscription: {
        statusTransitions: { subscribe: () => pubSub.subscribe(TOPIC), resolve: (transition) => transition },
      },
    },
  }),
})

const server = createServer(yoga)
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint })

useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (context, _id, payload) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params: payload,
      })
      const args = {
        schema,
        operationName: payload.operationName,
        document: parse(payload.query),
        variableValues: payload.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length ? errors : args
    },
  },
  sockets,
)

server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 })

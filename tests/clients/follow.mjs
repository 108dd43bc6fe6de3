// Uses the client of the README: asks who is signed in, then prints each transition: follow.mjs QUERIES URL TOKEN CURSOR
import { readFile } from 'node:fs/promises'
import { WebSocket } from 'ws'

import { connect } from './orders.mjs'

const [queries, url, token, after] = process.argv.slice(2)
const read = (name) => readFile(`${queries}/${name}.graphql`, 'utf8')
const client = connect({ url, token: () => token, webSocketImpl: WebSocket })

const answer = await client.query(await read('viewer'), {})
if (answer.data?.viewer?.email !== 'customer@example.com') throw new Error(`not signed in: ${answer.error}`)

client.subscription(await read('order_changes'), { after }).subscribe(({ data, error }) => {
  if (error) throw error
  const { order, from, to } = data.statusTransitions
  console.log(order.number, from ?? 'None', '→', to)
})

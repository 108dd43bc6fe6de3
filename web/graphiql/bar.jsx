// The bar above the editor: who is signed in, whether a subscription is live, and the way to the other pages.
import { useEffect, useState } from 'react'

import { socket } from './fetcher.js'

const HERE = '/graphiql'
const ASK_AGAIN_MS = 10 * 60_000

function useSocketState() {
  const [state, setState] = useState('')
  useEffect(() => {
    const stops = [
      socket.on('connecting', () => setState('connecting')),
      socket.on('connected', () => setState('live')),
      // 1000 is the client's own farewell after its last subscription; anything else is followed by a retry.
      socket.on('closed', ({ code }) => setState(code === 1000 ? '' : 'reconnecting')),
    ]
    return () => stops.forEach((stop) => stop())
  }, [])
  return state
}

// Asking who is signed in renews the cookie in time.
function useStaySignedIn() {
  useEffect(() => {
    const timer = setInterval(() => fetch('/session').catch(() => null), ASK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
}

function Viewer({ viewer }) {
  if (!viewer) return <a className="action" href={`/sign-in?next=${HERE}`}>Sign in</a>
  return (
    <form method="post" action="/sign-out">
      <input type="hidden" name="next" value={HERE} />
      <span className="viewer" title={viewer.email}>
        {viewer.name || viewer.email} <em>{viewer.kind}</em>
      </span>
      <button className="action" type="submit">Sign out</button>
    </form>
  )
}

export function Bar({ session }) {
  const live = useSocketState()
  useStaySignedIn()
  return (
    <header className="bar">
      <h1>Orders API</h1>
      {live && <span className={`socket ${live}`} role="status">{live}</span>}
      <nav>
        {session.mailbox && <a href="/mailbox">Mailbox</a>}
        <Viewer viewer={session.viewer} />
      </nav>
    </header>
  )
}

// The page: loads who is signed in and the documents, then shows the bar above GraphiQL.
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './page.css'

import { HISTORY_PLUGIN } from '@graphiql/plugin-history'
import { GraphiQL } from 'graphiql'
import { createRoot } from 'react-dom/client'

import { Bar } from './bar.jsx'
import { documentsPlugin, tabOf } from './documents.jsx'
import { fetcher } from './fetcher.js'

async function load(url, fallback) {
  const answer = await fetch(url, { headers: { accept: 'application/json' } }).catch(() => null)
  return answer?.ok ? answer.json() : fallback
}

const [documents, session] = await Promise.all([
  load('/graphiql/documents.json', []),
  load('/session', { viewer: null }),
])
const firstTabs = documents.filter((document) => document.tab).map(tabOf)
// GraphiQL takes the first tab's variables from here only, and returning visitors have tabs of their own.
const firstVariables = localStorage.getItem('graphiql:tabState') === null ? firstTabs[0]?.variables : undefined
const DOCUMENTS_PLUGIN = documentsPlugin(documents)

createRoot(document.getElementById('page')).render(
  <>
    <Bar session={session} />
    <GraphiQL
      fetcher={fetcher}
      plugins={[DOCUMENTS_PLUGIN, HISTORY_PLUGIN]}
      visiblePlugin={DOCUMENTS_PLUGIN}
      defaultTabs={firstTabs.length > 0 ? firstTabs : undefined}
      initialVariables={firstVariables}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo> </GraphiQL.Logo>
    </GraphiQL>
  </>,
)

// The sidebar that lists the ready-made documents; one click opens each in a tab of its own.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'

const KINDS = ['query', 'mutation', 'subscription']

export function tabOf({ query, variables }) {
  const given = variables && typeof variables === 'object' ? JSON.stringify(variables, null, 2) : variables
  return { query, variables: given || '' }
}

function kindOf({ query }) {
  return /^\s*(query|mutation|subscription)\b/m.exec(query)?.[1] ?? 'query'
}

function DocumentsIcon() {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
      <path d="M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3M5.5 7.5h5M5.5 10h5M5.5 12.5h3" />
    </svg>
  )
}

function Documents({ documents }) {
  const { addTab, changeTab } = useGraphiQLActions()
  const { tabs, queryEditor, variableEditor } = useGraphiQL((state) => state)
  // The editors come some moments after the list, and are what a document is put into.
  const ready = Boolean(queryEditor && variableEditor)

  function open(document) {
    const { query, variables } = tabOf(document)
    const already = tabs.findIndex((tab) => tab.query === query)
    if (already >= 0) return changeTab(already)
    addTab()
    queryEditor.setValue(query)
    variableEditor.setValue(variables)
  }

  return (
    <section className="documents" aria-label="Documents">
      <h2>Documents</h2>
      {documents.length === 0 && <p>The server offers none.</p>}
      {KINDS.map((kind) => (
        <ul key={kind} aria-label={kind}>
          {documents.filter((document) => kindOf(document) === kind).map((document) => (
            <li key={document.name}>
              <button type="button" disabled={!ready} onClick={() => open(document)}>
                <span className={`kind ${kind}`}>{kind}</span>
                <strong>{document.name}</strong>
                {document.comment && <small>{document.comment}</small>}
              </button>
            </li>
          ))}
        </ul>
      ))}
    </section>
  )
}

export function documentsPlugin(documents) {
  return { title: 'Documents', icon: DocumentsIcon, content: () => <Documents documents={documents} /> }
}
